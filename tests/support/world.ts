// What every flow test has around the helper: a migrated database and a connection of the test's own to it, a practice
// Microsoft in memory, and a clock that is moved by hand; and what a helper is configured with that lives there.

import postgres, { type Sql } from 'postgres';
import { PAGE_PATH } from '../../src/lib/server/app/page-settings.ts';
import { generateTokenKey } from '../../src/lib/server/vault/key-ring.ts';
import type { PracticeClient } from '../../src/practice/microsoft/context.ts';
import {
	startPracticeMicrosoft,
	type PracticeMicrosoft,
} from '../../src/practice/microsoft/practice-microsoft.ts';

/** `by_hand`: time stands still until the test moves it. `real`: for tests with processes of their own. */
export type Time = 'by_hand' | 'real';

export type Clock = {
	now: () => Date;
	advance: (ms: number) => void;
	/** Back to the time that it is: sessions begin and end by that. */
	reset: () => void;
};

export type WorldOptions = {
	databaseUrl: string;
	time?: Time;
	origin?: string;
	client: { id: string; secret: string };
	/** What Microsoft has registered, where it is something else. */
	registered?: Partial<PracticeClient>;
	/** The ids of the keys that seal. */
	keyIds: readonly string[];
};

export type World = {
	databaseUrl: string;
	/** To look into the database and to change it behind the helper's back. */
	sql: Sql;
	microsoft: PracticeMicrosoft;
	clock: Clock;
	/** What a process is configured with to be a helper of this world. Without limits. */
	environment: Readonly<Record<string, string>>;
	close(): Promise<void>;
};

export async function openWorld(options: WorldOptions): Promise<World> {
	const { databaseUrl, time = 'by_hand', origin = 'http://localhost:3000' } = options;
	const client = { ...options.client, redirectUri: origin + PAGE_PATH, ...options.registered };
	const clock = createClock(time);
	const { now } = clock;
	const microsoft = await startPracticeMicrosoft({ directory: undefined, port: 0, client, now });
	const sql = postgres(databaseUrl, { max: 3, onnotice: () => undefined });
	return {
		databaseUrl,
		sql,
		microsoft,
		clock,
		environment: {
			ORIGIN: origin,
			DATABASE_URL: databaseUrl,
			MICROSOFT_CLIENT_ID: options.client.id,
			MICROSOFT_CLIENT_SECRET: options.client.secret,
			MICROSOFT_AUTHORITY: microsoft.authority,
			TOKEN_KEYS: options.keyIds.map(generateTokenKey).join(','),
			LIMITS: 'address=0,mailbox=0,resolve=0',
		},
		async close() {
			await Promise.all([microsoft.stop(), sql.end({ timeout: 5 })]);
		},
	};
}

function createClock(time: Time): Clock {
	let at = Date.now();
	return {
		now: () => (time === 'real' ? new Date() : new Date(at)),
		advance: (ms) => {
			at += ms;
		},
		reset: () => {
			at = Date.now();
		},
	};
}
