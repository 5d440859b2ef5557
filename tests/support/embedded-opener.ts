// A process that opens the embedded PostgreSQL: what the tests of it start, kill and ask. It says in JSON, one line per
// event, what happened; a line "stop" on its standard input stops it, "query" asks the database, and the end of that input
// lets it end without having stopped.
// Use: node --import tsx embedded-opener.ts <directory> <server|command> [text to keep]

import { createInterface } from 'node:readline';
import postgres, { type Sql } from 'postgres';
import { OperatorError } from '../../src/lib/domain/operator-error.ts';
import {
	openEmbeddedPostgres,
	type EmbeddedPostgres,
} from '../../src/embedded-postgres/embedded-postgres.ts';

export type OpenerEvent =
	| { event: 'opened'; url: string; rows: string[] }
	| { event: 'refused'; sentences: readonly string[] }
	| { event: 'died'; sentence: string }
	| { event: 'queried'; rows: string[] }
	| { event: 'interrupted'; rows: string[] };

const [directory = '', role = '', text] = process.argv.slice(2);

try {
	const server = await openEmbeddedPostgres({
		directory,
		role: role === 'server' ? 'server' : 'command',
		durability: 'none',
	});
	void server.died.then((sentence) => say({ event: 'died', sentence }));
	const sql = postgres(server.url, { max: 1, onnotice: () => undefined });
	process.on('SIGINT', () => void stopAfterQuery(server, sql));
	say({ event: 'opened', url: server.url, rows: await keepText(sql, text) });
	for await (const line of createInterface({ input: process.stdin })) {
		if (line === 'query') say({ event: 'queried', rows: await readTexts(sql) });
		if (line === 'stop') await stop(server, sql);
	}
	// Ends without having stopped; only our own connection has to be closed for that.
	await sql.end();
} catch (error) {
	if (!(error instanceof OperatorError)) throw error;
	say({ event: 'refused', sentences: error.sentences });
	process.exitCode = 1;
}

async function keepText(sql: Sql, kept: string | undefined): Promise<string[]> {
	await sql`create table if not exists kept (text text not null)`;
	if (kept) await sql`insert into kept values (${kept})`;
	return readTexts(sql);
}

/** All that any opener of this folder was ever told to keep. */
async function readTexts(sql: Sql): Promise<string[]> {
	const rows = await sql`select text from kept order by text`;
	return rows.map((row) => String(row['text']));
}

/** What a server does at Ctrl-C: it finishes what it is at, which takes the database, and then stops. */
async function stopAfterQuery(server: EmbeddedPostgres, sql: Sql): Promise<void> {
	for (let count = 0; count < 50; count += 1) await readTexts(sql);
	say({ event: 'interrupted', rows: await readTexts(sql) });
	await stop(server, sql);
}

async function stop(server: EmbeddedPostgres, sql: Sql): Promise<void> {
	await sql.end();
	await server.stop();
	process.exit(0);
}

function say(event: OpenerEvent): void {
	process.stdout.write(`${JSON.stringify(event)}\n`);
}
