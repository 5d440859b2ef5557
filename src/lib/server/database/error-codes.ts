// What PostgreSQL, or the way to it, gave as the reason of an error.

/** Also of one that wraps it, as Drizzle's do. */
export function hasCode(error: unknown, code: string): boolean {
	if (!(error instanceof Error)) return false;
	return ('code' in error && error.code === code) || hasCode(error.cause, code);
}

/** A row was refused because another has the same, by the name of the constraint. */
export function violatesUnique(error: unknown, constraint: string): boolean {
	if (!(error instanceof Error)) return false;
	if (!('constraint_name' in error)) return violatesUnique(error.cause, constraint);
	return hasCode(error, '23505') && error.constraint_name === constraint;
}
