// A connection for a few statements, beside the pool: for migrations and for looking at the database. It works through
// any pooler, as it leaves nothing behind in a session.

import postgres, { type Sql } from 'postgres';
import { createConnections, type HostSource } from './connections.ts';
import { parseDatabaseUrl, type DatabaseHost } from './database-url.ts';
import { createPrimarySource } from './primary.ts';

const CONNECT_TIMEOUT_SECONDS = 10;

export async function withClient<Result>(
	url: string,
	work: (client: Sql) => Promise<Result>,
): Promise<Result> {
	const address = parseDatabaseUrl(url) ?? { url, hosts: [] };
	return withClientAt(address.url, createPrimarySource(address, isWritable), work);
}

async function withClientAt<Result>(
	url: string,
	hosts: HostSource,
	work: (client: Sql) => Promise<Result>,
): Promise<Result> {
	const connections = createConnections(hosts);
	const options = {
		max: 1,
		connect_timeout: CONNECT_TIMEOUT_SECONDS,
		connection: { application_name: 'mailkey' },
		onnotice: () => undefined,
		fetch_types: false,
		prepare: false,
		socket: connections.open,
	};
	const client = postgres(url, options);
	try {
		return await work(client);
	} finally {
		await client.end({ timeout: 5 });
		connections.close();
	}
}

/** Whether this very host takes changes. Throws when it cannot be reached. */
export function isWritable(url: string, host: DatabaseHost): Promise<boolean> {
	const source: HostSource = { find: () => Promise.resolve(host), forget: () => undefined };
	return withClientAt(url, source, async (client) => {
		const [row] = await client<{ writable: boolean }[]>`
			select not (pg_is_in_recovery() or current_setting('transaction_read_only')::boolean) as writable`;
		return row?.writable === true;
	});
}
