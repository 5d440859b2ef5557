// What an operator is told of a database that a server cannot work with, and what to do.

import type { DatabaseFault } from './find-database-fault.ts';

/** What to do where they are missing. */
export const GRANTS =
	'As docs/operator.md has it, grant it USAGE on the schemas public and drizzle, SELECT on all tables of both, INSERT, UPDATE and DELETE on all tables of public (on audit_events INSERT alone), and USAGE on all sequences of public.';

export function explainDatabaseFault(fault: DatabaseFault): { message: string; todo: string } {
	switch (fault.kind) {
		case 'read_only':
			return {
				message: 'The database takes no changes: it is a standby, or read-only.',
				todo: 'Point DATABASE_URL to the primary, or let it be written to again.',
			};
		case 'disk_full':
			return { message: 'The disk of the database is full.', todo: 'Make room there.' };
		case 'missing_usage':
			return {
				message: 'This database user lacks the right USAGE on the schema public.',
				todo: GRANTS,
			};
		case 'missing_tables':
			return {
				message: `Tables are missing, though the migrations have run: ${inWords(fault.tables)}.`,
				todo: 'Restore the whole of it (docs/backup.md), or correct the search_path of this database user.',
			};
		case 'missing_grants':
			return {
				message: `This database user may not read and write ${inWords(fault.tables)}.`,
				todo: GRANTS,
			};
	}
}

function inWords(tables: readonly string[]): string {
	const [first, ...others] = tables;
	if (others.length < 5) return tables.join(', ');
	return `${first} and ${others.length} other tables`;
}
