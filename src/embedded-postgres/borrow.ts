// How a process borrows a server that another one started, and how the one that started it waits for borrowers: each
// holds an advisory lock in the database, shared by the borrowers, taken alone by the one who is about to stop. So nobody
// borrows a server that is on its way out, and a borrower that dies lets go by itself.

import postgres from 'postgres';
import { OperatorError } from '../lib/domain/operator-error.ts';
import { errorCode } from './faults.ts';

export type Hold = { release(): Promise<void> };

/** One number for this one purpose; the letters "mailkey" as a 64-bit integer. */
const lockNumber = '30787877879899513';

/** Borrows the server at `url`; undefined if it does not answer or is about to stop. */
export async function borrowServer(url: string): Promise<Hold | undefined> {
	const sql = connect(url);
	let held = false;
	try {
		const rows = await sql`select pg_try_advisory_lock_shared(${lockNumber}::bigint) as held`;
		held = rows[0]?.['held'] === true;
		return held ? { release: () => sql.end({ timeout: 1 }) } : undefined;
	} catch (error) {
		if (isGoing(error)) return undefined;
		throw refused(error);
	} finally {
		if (!held) await sql.end({ timeout: 0 });
	}
}

/** Resolves when no borrower is left; from then on, until the hold is let go, nobody can become one. */
export async function waitForBorrowers(url: string): Promise<Hold> {
	const sql = connect(url);
	// If it cannot be asked it has died or is on its way out, and nothing keeps us from stopping it.
	await sql`select pg_advisory_lock(${lockNumber}::bigint)`.catch(() => undefined);
	return { release: () => sql.end({ timeout: 0 }) };
}

function connect(url: string): postgres.Sql {
	// The lock is the connection's, so there is one and it is never renewed.
	const onnotice = () => undefined; // it prints them otherwise
	const times = { max_lifetime: null, connect_timeout: 5 };
	return postgres(url, { max: 1, ...times, fetch_types: false, onnotice });
}

function isGoing(error: unknown): boolean {
	// 57P01 to 57P03: shut down by an administrator, crashed, starting or stopping. 53300: no connection slot is free.
	const passing = ['57P01', '57P02', '57P03', '53300'];
	const network = ['ECONNREFUSED', 'ECONNRESET', 'CONNECT_TIMEOUT', 'CONNECTION_CLOSED'];
	const ended = ['CONNECTION_ENDED', 'CONNECTION_DESTROYED', 'EPIPE'];
	return [...passing, ...network, ...ended].includes(errorCode(error) ?? '');
}

function refused(cause: unknown): unknown {
	if (errorCode(cause) !== '28P01') return cause;
	return new OperatorError(
		'The embedded PostgreSQL does not accept the password in the file postgres-password beside its data: put back the file that belongs to the data.',
		{ cause },
	);
}
