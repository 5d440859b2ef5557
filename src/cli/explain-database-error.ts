// What an operator is told where PostgreSQL refused what a command asked of it: one sentence, with PostgreSQL's code.

import { setSequenceStatement } from '../lib/server/database/lagging-sequences.ts';
import { explainRefusedParameter } from '../lib/server/database/refused-parameter.ts';

/** Undefined for an error that is not PostgreSQL's. */
export function explainDatabaseError(error: unknown): string | undefined {
	if (!(error instanceof Error)) return undefined;
	if (error.name !== 'PostgresError' || !('code' in error)) {
		return explainDatabaseError(error.cause);
	}
	const refused = explainRefusedParameter(error);
	if (refused) return `${refused.message} ${refused.todo}`;
	const code = String(error.code);
	const table = 'constraint_name' in error && tableOfPrimaryKey(String(error.constraint_name));
	if (code === '23505' && table) {
		return `The sequence of the table ${table} is behind its rows (${code}), as after a restore of some tables alone. As the owner of the schema run ${setSequenceStatement(table)}; docs/backup.md has it for all tables.`;
	}
	const [, sentence] = SENTENCES.find(([codes]) => codes.test(code)) ?? [];
	return sentence === undefined
		? `PostgreSQL refused a statement of this command (${code}). Run "mailkey doctor"; if it finds nothing wrong, that is a fault of Mailkey: report it with this code.`
		: sentence.replace('%', code);
}

/** PostgreSQL's own name for the constraint. Commands give no number twice; a sequence that was not restored does. */
function tableOfPrimaryKey(constraint: string): string | undefined {
	return /^([a-z_]+)_pkey$/.exec(constraint)?.[1];
}

/** The first whose codes match. */
const SENTENCES: readonly (readonly [codes: RegExp, sentence: string])[] = [
	[
		/^25006$/,
		'The database takes no changes (%): it is a standby, or read-only. Point DATABASE_URL to the primary, or let it be written to again.',
	],
	[/^53100$/, 'The disk of the database is full (%). Make room there, then run this again.'],
	[
		/^42501$/,
		'The user of DATABASE_URL lacks a right that this command needs (%): give it those of docs/operator.md, which "mailkey doctor" checks.',
	],
	[
		/^23/,
		'Something else changed the same rows meanwhile (%), such as another command. Look at how they are now, then run this again if it is still needed.',
	],
	[
		/^(40001|40P01|55P03|57014)$/,
		'Another process held what this command needed in the database (%). Run it again.',
	],
	[/^(08|53|57P)/, 'The database is not available (%). Run this again once it is.'],
];
