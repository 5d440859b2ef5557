// What PostgreSQL, or the way to it, gave as the reason of an error.

/** Also of one that wraps it, as Drizzle's do. */
export function hasCode(error: unknown, code: string): boolean {
	if (!(error instanceof Error)) return false;
	return ('code' in error && error.code === code) || hasCode(error.cause, code);
}
