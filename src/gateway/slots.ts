// The slots for connections. A connection that has logged in keeps its slot. When all are taken, the address that holds most of
// the others gives up its oldest for an address that holds fewer: silence from one address keeps nobody else out.

export type Slot = {
	clientAddress: string;
	/** Its connection is closed at once. */
	giveUp: () => void;
	state: 'waiting' | 'logged_in' | 'free';
};

export type Slots = {
	/** Undefined when there is none for this address. */
	take(clientAddress: string, giveUp: () => void): Slot | undefined;
	loggedIn(slot: Slot): void;
	free(slot: Slot): void;
};

export function createSlots(max: number): Slots {
	let taken = 0;
	const waiting = createWaiting();

	function free(slot: Slot): void {
		if (slot.state === 'waiting') waiting.remove(slot);
		if (slot.state !== 'free') taken -= 1;
		slot.state = 'free';
	}

	function makeRoom(clientAddress: string): boolean {
		const oldest = waiting.oldestOfLargest();
		// The two would otherwise only change roles.
		if (!oldest || waiting.count(oldest.clientAddress) < waiting.count(clientAddress) + 2)
			return false;
		free(oldest);
		oldest.giveUp();
		return true;
	}

	return {
		take(clientAddress, giveUp) {
			if (taken >= max && !makeRoom(clientAddress)) return undefined;
			const slot: Slot = { clientAddress, giveUp, state: 'waiting' };
			taken += 1;
			waiting.add(slot);
			return slot;
		},
		loggedIn(slot) {
			if (slot.state !== 'waiting') return;
			waiting.remove(slot);
			slot.state = 'logged_in';
		},
		free,
	};
}

/** The slots of those who are not logged in, by address and by how many an address has: a flood is no time to search. */
function createWaiting() {
	const byAddress = new Map<string, Set<Slot>>();
	const bySize = new Map<number, Set<string>>();
	let largest = 0;

	function resized(clientAddress: string, from: number, to: number): void {
		bySize.get(from)?.delete(clientAddress);
		if (to === 0) byAddress.delete(clientAddress);
		else bySize.set(to, (bySize.get(to) ?? new Set()).add(clientAddress));
		largest = Math.max(largest, to);
		while (largest > 0 && !bySize.get(largest)?.size) {
			bySize.delete(largest);
			largest -= 1;
		}
	}

	return {
		count: (clientAddress: string) => byAddress.get(clientAddress)?.size ?? 0,
		add(slot: Slot): void {
			const slots = byAddress.get(slot.clientAddress) ?? new Set();
			byAddress.set(slot.clientAddress, slots.add(slot));
			resized(slot.clientAddress, slots.size - 1, slots.size);
		},
		remove(slot: Slot): void {
			const slots = byAddress.get(slot.clientAddress);
			if (slots?.delete(slot)) resized(slot.clientAddress, slots.size + 1, slots.size);
		},
		oldestOfLargest(): Slot | undefined {
			const [clientAddress = ''] = bySize.get(largest) ?? [];
			const [oldest] = byAddress.get(clientAddress) ?? [];
			return oldest;
		},
	};
}
