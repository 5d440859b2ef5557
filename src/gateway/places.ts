// The places for connections. A connection that has logged in keeps its place. When all are taken, the address that holds most of
// the others gives up its oldest for an address that holds fewer: silence from one address keeps nobody else out.

export type Place = {
	network: string;
	/** Its connection is closed at once. */
	giveUp: () => void;
	state: 'waiting' | 'logged_in' | 'free';
};

export type Places = {
	/** Undefined when there is none for this address. */
	take(network: string, giveUp: () => void): Place | undefined;
	loggedIn(place: Place): void;
	free(place: Place): void;
};

export function createPlaces(max: number): Places {
	let taken = 0;
	const waiting = createWaiting();

	function free(place: Place): void {
		if (place.state === 'waiting') waiting.remove(place);
		if (place.state !== 'free') taken -= 1;
		place.state = 'free';
	}

	function makeRoom(network: string): boolean {
		const oldest = waiting.oldestOfLargest();
		// The two would otherwise only change roles.
		if (!oldest || waiting.count(oldest.network) < waiting.count(network) + 2) return false;
		free(oldest);
		oldest.giveUp();
		return true;
	}

	return {
		take(network, giveUp) {
			if (taken >= max && !makeRoom(network)) return undefined;
			const place: Place = { network, giveUp, state: 'waiting' };
			taken += 1;
			waiting.add(place);
			return place;
		},
		loggedIn(place) {
			if (place.state !== 'waiting') return;
			waiting.remove(place);
			place.state = 'logged_in';
		},
		free,
	};
}

/** The places of those who are not logged in, by address and by how many an address has: a flood is no time to search. */
function createWaiting() {
	const byNetwork = new Map<string, Set<Place>>();
	const bySize = new Map<number, Set<string>>();
	let largest = 0;

	function resized(network: string, from: number, to: number): void {
		bySize.get(from)?.delete(network);
		if (to === 0) byNetwork.delete(network);
		else bySize.set(to, (bySize.get(to) ?? new Set()).add(network));
		largest = Math.max(largest, to);
		while (largest > 0 && !bySize.get(largest)?.size) {
			bySize.delete(largest);
			largest -= 1;
		}
	}

	return {
		count: (network: string) => byNetwork.get(network)?.size ?? 0,
		add(place: Place): void {
			const places = byNetwork.get(place.network) ?? new Set();
			byNetwork.set(place.network, places.add(place));
			resized(place.network, places.size - 1, places.size);
		},
		remove(place: Place): void {
			const places = byNetwork.get(place.network);
			if (places?.delete(place)) resized(place.network, places.size + 1, places.size);
		},
		oldestOfLargest(): Place | undefined {
			const [network = ''] = bySize.get(largest) ?? [];
			const [oldest] = byNetwork.get(network) ?? [];
			return oldest;
		},
	};
}
