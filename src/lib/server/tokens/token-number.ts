// The number of a new stored token. At the mail gateway the identifier is a password, so nobody may guess its number;
// and it crosses JSON and JavaScript as a number, so it stays below 2^53.

const HIGH = { min: 10_000_000, max: 100_000_000 };
const LOW_LIMIT = 10_000_000;

/**
 * 15 digits, the first of them 1 to 9, each number as likely as any other: one of 9 * 10^14. `randomInt` is that of
 * `crypto`; it draws from fewer than 2^48 at a time, hence two draws.
 */
export function makeTokenNumber(randomInt: (min: number, max: number) => number): number {
	return randomInt(HIGH.min, HIGH.max) * LOW_LIMIT + randomInt(0, LOW_LIMIT);
}
