// Slows whoever guesses: after a few wrong logins for a mailbox or from an address, the next ones wait, one after
// the other. A login whose identifier was right lately is never held up.

export type LoginThrottle = {
	/** Waits its turn; false when too many wait already. */
	wait(names: readonly string[]): Promise<boolean>;
	wrong(names: readonly string[]): void;
};

const FREE = 3;
const FIRST_MS = 500;
const MAX_WAIT_MS = 15_000;
const FORGOTTEN_AFTER_MS = 15 * 60_000;
const MAX_WAITING = 5;
const MAX_NAMES = 10_000;

type Guesses = { wrong: number; lastAt: number; waiting: number; turn: Promise<void> };

export function createLoginThrottle(
	now: () => number,
	sleep: (ms: number) => Promise<unknown>,
): LoginThrottle {
	const records = new Map<string, Guesses>();

	function find(name: string): Guesses | undefined {
		const record = records.get(name);
		if (record && record.waiting === 0 && now() - record.lastAt > FORGOTTEN_AFTER_MS) {
			records.delete(name);
			return undefined;
		}
		return record;
	}

	async function waitFor(name: string): Promise<boolean> {
		const record = find(name);
		if (!record || record.wrong < FREE) return true;
		if (record.waiting >= MAX_WAITING) return false;
		record.waiting += 1;
		const ms = Math.min(FIRST_MS * 2 ** (record.wrong - FREE), MAX_WAIT_MS);
		const turn = record.turn.then(() => sleep(ms)).then(() => undefined);
		record.turn = turn;
		await turn;
		record.waiting -= 1;
		return true;
	}

	return {
		async wait(names) {
			const turns = await Promise.all(names.map(waitFor));
			return turns.every(Boolean);
		},
		wrong(names) {
			for (const name of names) {
				const record = find(name) ?? { wrong: 0, lastAt: 0, waiting: 0, turn: Promise.resolve() };
				record.wrong += 1;
				record.lastAt = now();
				records.delete(name);
				records.set(name, record);
				const [oldest] = records.keys();
				if (records.size > MAX_NAMES && oldest !== undefined) records.delete(oldest);
			}
		},
	};
}
