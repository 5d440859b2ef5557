// Whether something happened for the first time in this hour, as far as this process knows.

export type FirstOfHour = (key: string | number, at: Date) => boolean;

const HOUR_MS = 3_600_000;
/** Beyond that nothing is a first: a client that makes up new keys must not fill the memory. */
const MAX_KEYS = 500_000;

export function createFirstOfHour(): FirstOfHour {
	let hour = 0;
	let seen = new Set<string | number>();
	return (key, at) => {
		const its = Math.floor(at.getTime() / HOUR_MS);
		if (its !== hour) {
			hour = its;
			seen = new Set();
		}
		if (seen.has(key) || seen.size >= MAX_KEYS) return false;
		seen.add(key);
		return true;
	};
}
