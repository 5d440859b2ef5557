// Durations on the command line: `90s`, `30m`, `24h`, `7d`, or `0`.

import { OperatorError } from '../lib/domain/operator-error.ts';

const UNIT_MS: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds, for an option of that name. Throws `OperatorError`. */
export function durationOption(name: string, text: string, examples: string): number {
	const durationMs = parseDuration(text);
	if (durationMs !== undefined) return durationMs;
	throw new OperatorError(`${name} ${text} is no duration: write ${examples}.`);
}

/** Milliseconds, or undefined for what is no duration. */
export function parseDuration(text: string): number | undefined {
	if (text === '0') return 0;
	const [, amount, unit] = /^([0-9]{1,6})([smhd])$/.exec(text) ?? [];
	return amount === undefined ? undefined : Number(amount) * (UNIT_MS[unit ?? ''] ?? 0);
}
