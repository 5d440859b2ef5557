// A pooler that is in between and refuses what is sent at the start of a connection. Apart from the driver, as every command
// can end of it, also one that loads no database.

/** What a pooler does not let pass (PgBouncer's own words): one sentence on what is wrong, one on the setting. */
export function explainRefusedParameter(
	error: unknown,
): { message: string; todo: string } | undefined {
	if (!(error instanceof Error)) return undefined;
	const [, name] = /^unsupported startup parameter[^:]*: ([a-z_.]+)/i.exec(error.message) ?? [];
	if (name === undefined) return explainRefusedParameter(error.cause);
	return {
		message: `A connection pooler such as PgBouncer is in between, and it refuses the start-up parameter ${name}.`,
		todo: name === OURS ? LET_OURS_PASS : 'Take it out of the URL: ALTER ROLE … SET does the same.',
	};
}

/** What the pool sends with DATABASE_POOLER=none. */
const OURS = 'statement_timeout';
const LET_OURS_PASS = `Set ignore_startup_parameters = extra_float_digits,${OURS} in PgBouncer, or DATABASE_POOLER=transaction here where it shares connections by transaction.`;
