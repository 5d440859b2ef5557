// One embedded PostgreSQL for a whole test run, in a temporary folder: real, and quick because it need not survive a
// power cut. Each test that wants a database gets an empty one of its own.

import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import postgres from 'postgres';
import { openEmbeddedPostgres } from '../../src/embedded-postgres/embedded-postgres.ts';

export type TestPostgres = {
	url: string;
	createDatabase(): Promise<string>;
	stop(): Promise<void>;
};

/** `full` writes what a server writes that must survive. */
export async function startTestPostgres(
	durability: 'full' | 'none' = 'none',
): Promise<TestPostgres> {
	const directory = await mkdtemp(join(tmpdir(), 'mailkey-test-'));
	const server = await openEmbeddedPostgres({ directory, role: 'server', durability });
	return {
		url: server.url,
		createDatabase: () => createDatabaseAt(server.url),
		stop: async () => {
			await server.stop();
			await rm(directory, { recursive: true, force: true });
		},
	};
}

/** Makes a database on the server of `serverUrl`, a copy of `template`, and returns its URL. */
export async function createDatabaseAt(serverUrl: string, template = 'template0'): Promise<string> {
	const name = `test_${randomUUID().replaceAll('-', '')}`;
	const sql = postgres(serverUrl, { max: 1, fetch_types: false });
	try {
		await sql`create database ${sql(name)} template ${sql(template)} strategy file_copy`;
	} finally {
		await sql.end();
	}
	const url = new URL(serverUrl);
	url.pathname = `/${name}`;
	return url.href;
}
