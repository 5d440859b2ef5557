// The time, by the database's clock: leases and expiries are compared between instances, whose own clocks
// may differ by minutes. The difference is measured at the start and now and then, and is added to the
// machine's clock.

/** A slower answer says too little about when it was made. */
const SLOW_MS = 1_000;

export type Clock = {
	now(): Date;
	/** Measures the difference; it stays as it was when the database is down. */
	measure(): Promise<void>;
};

export function createDatabaseClock(databaseNow: () => Promise<Date>): Clock {
	let differenceMs = 0;
	return {
		now: () => new Date(Date.now() + differenceMs),
		async measure() {
			// The first may have to connect before it asks.
			await databaseNow();
			const before = Date.now();
			const there = (await databaseNow()).getTime();
			if (Date.now() - before > SLOW_MS) return;
			// The answer was made about halfway between asking and hearing.
			differenceMs = there - (before + Date.now()) / 2;
		},
	};
}
