// PostgreSQL's error codes, by the names of its manual (Appendix A), and how to find one in an error.

export const INSUFFICIENT_PRIVILEGE = '42501';
/** PostgreSQL's answer also where USAGE on the schema is missing. */
export const UNDEFINED_TABLE = '42P01';
export const DISK_FULL = '53100';
export const READ_ONLY_SQL_TRANSACTION = '25006';
export const LOCK_NOT_AVAILABLE = '55P03';

/** Also of one that wraps it, as Drizzle's do. */
export function hasCode(error: unknown, code: string): boolean {
	if (!(error instanceof Error)) return false;
	return ('code' in error && error.code === code) || hasCode(error.cause, code);
}

/** Whether PostgreSQL refused a row because of this constraint. */
export function violatesConstraint(error: unknown, constraint: string): boolean {
	if (!(error instanceof Error)) return false;
	const isRefused = 'constraint_name' in error && error.constraint_name === constraint;
	return isRefused || violatesConstraint(error.cause, constraint);
}
