// What the tests of the vault stand on: a world with any number of instances of the helper, and a list of every secret, which
// at the end is searched for in all that was stored and logged.

import { migrateDatabase } from '../../src/lib/server/database/migrate.ts';
import { dumpDatabase, findSecrets, type Secret } from './secret-search.ts';
import { openInstance, type InstanceOptions, type VaultInstance } from './vault-instance.ts';
import { openWorld, type Time, type World } from './world.ts';

export type VaultWorld = World & {
	/** Everything logged by the instances. */
	logged: string[];
	/** Every secret there is, and those that a test made itself. */
	secrets: Secret[];
	open(options?: Partial<InstanceOptions>): VaultInstance;
	/** How many refreshes Microsoft was asked for and has answered. */
	refreshes(): number;
	/** Secrets found in the database or the log: none, unless something is wrong. */
	leaks(): Promise<string[]>;
};

/** With characters that look different in each encoding. */
const CLIENT_SECRET = 'vault~secret+with/odd=characters:%&';
const CLIENT_ID = 'c0ffee00-0000-4000-8000-000000000003';

/** More than a test asks: what one is about is not how often. */
const LIMITS = 'address=0,mailbox=0,resolve=1000000';

export async function openVaultWorld(
	databaseUrl: string,
	time: Time = 'by_hand',
): Promise<VaultWorld> {
	await migrateDatabase(databaseUrl);
	const client = { id: CLIENT_ID, secret: CLIENT_SECRET };
	const base = await openWorld({ databaseUrl, time, client, keyIds: ['test'] });
	const { sql, microsoft, clock } = base;
	const environment: World['environment'] = { ...base.environment, LIMITS };
	const [, tokenKey = ''] = (environment['TOKEN_KEYS'] ?? '').split(':');
	const logged: string[] = [];
	const secrets: Secret[] = [
		{ name: 'client secret', value: CLIENT_SECRET },
		{ name: 'token key', value: Buffer.from(tokenKey, 'base64') },
	];
	const instances: VaultInstance[] = [];
	return {
		...base,
		environment,
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
			await base.close();
		},
	};
}
