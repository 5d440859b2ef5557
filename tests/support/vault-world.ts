// What the tests of the vault stand on: a database of their own, a practice Microsoft, a clock that is moved by hand,
// and a list of every secret, which at the end is searched for in all that was stored and logged.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import postgres, { type Sql } from 'postgres';
import { migrateDatabase } from '../../src/lib/server/database/migrate.ts';
import { generateTokenKey } from '../../src/lib/server/vault/key-ring.ts';
import {
	startPracticeMicrosoft,
	type PracticeMicrosoft,
} from '../../src/practice/microsoft/practice-microsoft.ts';
import { dumpDatabase, findSecrets, type Secret } from './secret-search.ts';
import { openInstance, type InstanceOptions, type VaultInstance } from './vault-instance.ts';

export type VaultWorld = {
	databaseUrl: string;
	/** A connection of the test's own. */
	sql: Sql;
	microsoft: PracticeMicrosoft;
	/** What a process is configured with to be an instance of this world's helper. */
	environment: Readonly<Record<string, string>>;
	clock: HandClock;
	/** Everything logged by the instances. */
	logged: string[];
	/** Every secret there is, and those that a test made itself. */
	secrets: Secret[];
	open(options?: Partial<InstanceOptions>): VaultInstance;
	/** How many refreshes Microsoft was asked for and has answered. */
	refreshes(): number;
	/** Secrets found in the database or the log: none, unless something is wrong. */
	leaks(): Promise<string[]>;
	close(): Promise<void>;
};

export type HandClock = { now(): Date; advance(ms: number): void; reset(): void };

const ORIGIN = 'http://localhost:3000';
const REDIRECT_URI = `${ORIGIN}/microsoft365_oauth.html`;

/** With characters that look different in each encoding. */
const CLIENT_SECRET = 'vault~secret+with/odd=characters:%&';
const CLIENT_ID = 'c0ffee00-0000-4000-8000-000000000003';

/** `by_hand`: time stands still until the test moves it. `real`: for tests with processes of their own. */
export async function openVaultWorld(
	databaseUrl: string,
	time: 'by_hand' | 'real' = 'by_hand',
): Promise<VaultWorld> {
	await migrateDatabase(databaseUrl);
	const directory = await mkdtemp(join(tmpdir(), 'mailkey-vault-'));
	const clock = createClock(time);
	const client = { id: CLIENT_ID, secret: CLIENT_SECRET, redirectUri: REDIRECT_URI };
	const microsoft = await startPracticeMicrosoft({ directory, port: 0, client, now: clock.now });
	const tokenKeys = generateTokenKey('test');
	const sql = postgres(databaseUrl, { max: 3, onnotice: () => undefined });
	const environment = {
		ORIGIN,
		DATABASE_URL: databaseUrl,
		MICROSOFT_CLIENT_ID: CLIENT_ID,
		MICROSOFT_CLIENT_SECRET: CLIENT_SECRET,
		MICROSOFT_AUTHORITY: microsoft.authority,
		TOKEN_KEYS: tokenKeys,
		LIMITS: 'address=0,mailbox=0,resolve=1000000',
	};
	const logged: string[] = [];
	const secrets: Secret[] = [
		{ name: 'client secret', value: CLIENT_SECRET },
		{ name: 'token key', value: Buffer.from(tokenKeys.split(':')[1] ?? '', 'base64') },
	];
	const instances: VaultInstance[] = [];
	const world: VaultWorld = {
		databaseUrl,
		sql,
		microsoft,
		environment,
		clock,
		logged,
		secrets,
		open(options = {}) {
			const instance = openInstance({
				environment,
				log: (line) => logged.push(line),
				...(time === 'by_hand' && { now: clock.now }),
				...options,
			});
			instances.push(instance);
			return instance;
		},
		refreshes: () => microsoft.requests.filter(({ kind }) => kind === 'refresh').length,
		async leaks() {
			const issued = microsoft.issued().map(({ kind, value }) => ({ name: kind, value }));
			const text = `${await dumpDatabase(sql)}\n${logged.join('')}`;
			return findSecrets(text, [...secrets, ...issued]);
		},
		async close() {
			await Promise.all(instances.map((instance) => instance.close()));
			await sql.end({ timeout: 5 });
			await microsoft.stop();
			await rm(directory, { recursive: true, force: true });
		},
	};
	return world;
}

function createClock(time: 'by_hand' | 'real'): HandClock {
	let now = new Date();
	return {
		now: () => (time === 'real' ? new Date() : now),
		advance(ms) {
			now = new Date(now.getTime() + ms);
		},
		reset() {
			now = new Date();
		},
	};
}
