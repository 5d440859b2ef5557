// `mailkey doctor` and `mailkey migrate`, as an operator runs them.

import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { createServer as createTlsServer } from 'node:tls';
import postgres from 'postgres';
import { SMTPServer } from 'smtp-server';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectDatabase } from '../../src/lib/server/database/connection.ts';
import { readiness } from '../../src/lib/server/app/readiness.ts';
import { wellOtherwise } from '../support/well-otherwise.ts';
import { diagnoseApp } from '../../src/lib/server/app/diagnosis.ts';
import { createLog } from '../../src/lib/server/log.ts';
import { makePracticeCertificate } from '../../src/practice/certificate.ts';
import { createMigratedDatabase, createTestDatabase } from '../support/database.ts';
import { findFreePort } from '../support/free-port.ts';
import { runMailkey, type CommandResult } from '../support/vault-command-line.ts';
import { liveSettings } from '../support/vault-instance.ts';
import { connectMailbox } from '../support/vault-mailbox.ts';
import { openVaultWorld, type VaultWorld } from '../support/vault-world.ts';

let world: VaultWorld;
const servers: Server[] = [];
const mail: Record<string, string> = {};

beforeAll(async () => {
	world = await openVaultWorld(await createMigratedDatabase());
	const instance = world.open();
	await connectMailbox(world, instance);
	const { privateKey, certificate } = makePracticeCertificate(new Date());
	const strange = createTlsServer({ key: privateKey, cert: certificate });
	mail['MAIL_IMAP'] = `imaps://127.0.0.1:${await listen(strange)}`;
	mail['MAIL_POP'] = `pop3s://127.0.0.1:${await findFreePort()}`;
	mail['MAIL_SMTP'] = `smtp://127.0.0.1:${await listen(createServer(withoutStartTls))}`;
});
afterAll(async () => {
	servers.forEach((server) => server.close());
	await world.close();
});

async function listen(server: Server): Promise<number> {
	servers.push(server);
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	return (server.address() as AddressInfo).port;
}

function withoutStartTls(socket: Socket): void {
	socket.on('error', () => undefined);
	socket.write('220 practice\r\n');
	socket.on('data', () => socket.write('250-practice\r\n250 SIZE 1000\r\n'));
}

const run = (args: string[], environment: Readonly<Record<string, string>>) =>
	runMailkey(args, { environment, folder: tmpdir() });

const examine = (other: Record<string, string> = {}) =>
	run(['doctor', '--json'], { ...world.environment, ...mail, ...other });

type Check = { check: string; status: string; message: string; todo?: string };

function checksOf(result: CommandResult): Map<string, Check> {
	const secrets = world.secrets.map(({ value }) => String(value));
	for (const secret of secrets) expect(result.stdout + result.stderr).not.toContain(secret);
	const { checks } = result.json() as { checks: Check[] };
	return new Map(checks.map((check) => [check.check, check]));
}

test('the doctor says of each thing whether it is well, what to do if not, and changes nothing', async () => {
	const before = await world.sql`select * from stored_tokens`;
	const result = await examine();
	const checks = checksOf(result);
	expect(Object.fromEntries([...checks].map(([name, { status }]) => [name, status]))).toEqual({
		configuration: 'passed',
		database: 'passed',
		keys: 'passed',
		'microsoft metadata': 'passed',
		clock: 'passed',
		'client credential': 'passed',
		'imap server': 'failed',
		'pop server': 'failed',
		'smtp server': 'failed',
	});
	expect(checks.get('imap server')!.message).toContain('DEPTH_ZERO_SELF_SIGNED_CERT');
	expect(checks.get('imap server')!.todo).toContain('NODE_EXTRA_CA_CERTS');
	expect(checks.get('pop server')!.message).toContain('ECONNREFUSED');
	expect(checks.get('smtp server')!.todo).toContain('MAIL_SMTP');
	expect(result.status).toBe(1);
	expect(result.stderr).toBe('3 of 9 checks failed.\n');
	expect(await world.sql`select * from stored_tokens`).toEqual(before);

	const lines = (await run(['doctor'], { ...world.environment, ...mail })).stdout.split('\n');
	expect(lines[1]).toMatch(/^passed {3}database {12}PostgreSQL \d+, the schema is up to date\.$/);
	expect(lines).toHaveLength(10);
});

test('the doctor logs in to the mail server for notices, whoever signed its certificate on this machine', async () => {
	const { privateKey: key, certificate: cert } = makePracticeCertificate(new Date());
	let mails = 0;
	const server = new SMTPServer({
		...{ key, cert, logger: false, disableReverseLookup: true },
		onAuth: ({ password }, _session, done) =>
			password === 'that-opens' ? done(null, { user: 'mailkey' }) : done(new Error('wrong')),
		onMailFrom: (_address, _session, done) => ((mails += 1), done()),
	});
	server.on('error', () => undefined);
	const port = await listen(server.server);
	const look = async (password: string) => {
		const NOTICES_SMTP = `smtp://mailkey:${password}@127.0.0.1:${port}`;
		const result = await examine({ NOTICES_SMTP, NOTICES_FROM: 'mail@helper.example' });
		expect(result.stdout).not.toContain(password);
		return checksOf(result).get('notices server');
	};
	expect(await look('that-opens')).toMatchObject({ status: 'passed' });
	const refused = await look('that-does-not');
	expect(refused).toMatchObject({ status: 'failed' });
	expect(refused?.message).toContain('EAUTH');
	expect(mails).toBe(0);
});

test('the doctor tells a client secret that is wrong, without repeating it', async () => {
	const wrong = 'this-one-is-not-it';
	const result = await examine({ MICROSOFT_CLIENT_SECRET: wrong });
	const credential = checksOf(result).get('client credential')!;
	expect(credential).toMatchObject({ status: 'failed' });
	expect(credential.message).toContain('AADSTS7000215');
	expect(credential.todo).toContain('MICROSOFT_CLIENT_SECRET');
	expect(result.stdout + result.stderr).not.toContain(wrong);
});

test.each([
	[-600_000, 'failed', 'behind'],
	[600_000, 'failed', 'ahead of'],
	[-20_000, 'passed', 'behind'],
])(
	'the doctor compares a clock that is %i ms off with Microsoft’s',
	async (offMs, status, side) => {
		const checks = diagnoseApp({
			settings: liveSettings(world.environment),
			mode: 'live',
			databaseUrl: world.databaseUrl,
			log: createLog({ level: 'error' }),
			now: () => new Date(Date.now() + offMs),
		});
		for await (const { check, todo, ...found } of checks) {
			if (check !== 'clock') continue;
			expect(found.status, found.message).toBe(status);
			expect(found.message).toContain(`${side} Microsoft's`);
			if (status === 'failed') expect(todo).toContain('AADSTS700024');
			return;
		}
		expect.fail('the clock was not looked at');
	},
);

test('the doctor tells keys that are missing, and a key that is another under the same id', async () => {
	const other = Buffer.from(Array.from({ length: 32 }, (_, index) => index * 7)).toString('base64');
	const missing = checksOf(await examine({ TOKEN_KEYS: `new:${other}` })).get('keys')!;
	expect(missing.message).toContain('2 with "test"');
	expect(missing.todo).toContain('TOKEN_KEYS');
	const same = checksOf(await examine({ TOKEN_KEYS: `test:${other}` })).get('keys')!;
	expect(same.message).toContain('does not open');
});

test('the doctor goes on where the database or Microsoft is down', async () => {
	const nowhere = `127.0.0.1:${await findFreePort()}`;
	const checks = checksOf(
		await examine({
			DATABASE_URL: `postgres://${nowhere}/mailkey`,
			MICROSOFT_AUTHORITY: `http://${nowhere}`,
		}),
	);
	expect(checks.get('database')!.message).toContain('ECONNREFUSED');
	expect(checks.get('keys')!.status).toBe('skipped');
	expect(checks.get('microsoft metadata')!.status).toBe('failed');
	expect(checks.get('client credential')!.message).toContain('did not answer');
	expect(checks.size).toBe(9);
});

test('the doctor repeats what is wrong with the configuration', async () => {
	const result = await run(['doctor', '--json'], { TOKEN_KEYS: 'k1:c2hvcnQ=' });
	const messages = (result.json() as { checks: Check[] }).checks.map(({ message }) => message);
	expect(messages.join('\n')).toContain('ORIGIN is missing');
	expect(messages.join('\n')).not.toContain('c2hvcnQ=');
	expect(result.status).toBe(1);
});

const MAY_READ_MIGRATIONS =
	'grant usage on schema drizzle to $; grant select on all tables in schema drizzle to $';

test.each([
	['every grant', ''],
	['all but USAGE on the schema drizzle', 'grant usage on schema drizzle to $'],
	['what the schema public needs', MAY_READ_MIGRATIONS],
	['the grants on tables', `${MAY_READ_MIGRATIONS}; grant usage on schema public to $`],
	[
		'the grants on one table',
		`${MAY_READ_MIGRATIONS}; grant usage on schema public to $; grant select, insert, update, delete on all tables in schema public to $;
			revoke select on sites from $`,
	],
])('a user without %s is told which rights it lacks, and of no migration', async (_, grants) => {
	const url = new URL(await createMigratedDatabase());
	const user = `forgotten_${url.pathname.slice(-8)}`;
	const owner = postgres(url.href, { max: 1 });
	await owner.unsafe(`create role ${user}; grant ${user} to current_user;
		revoke usage on schema public from public; ${grants.replaceAll('$', user)}`);
	await owner.end();
	url.searchParams.set('role', user);
	const environment = { ...world.environment, ...mail, DATABASE_URL: url.href };
	const knowsMigrations = grants.includes('select');
	const [doctored, migrated, listed, recounted] = await Promise.all([
		run(['doctor', '--json'], environment),
		run(['migrate'], environment),
		run(['site', 'list'], environment),
		run(['keys', 'recount'], environment),
	]);
	const found = checksOf(doctored).get('database')!;
	expect(found.message).toMatch(
		/^This database user (lacks rights on the schema:|lacks the right USAGE on the schema public\.$|may not read and write \w)/,
	);
	expect(found.todo).toMatch(
		/docs\/operator\.md.* USAGE on the schemas public and drizzle, SELECT/,
	);
	expect(migrated.status).toBe(knowsMigrations ? 0 : 1);
	for (const { stderr } of knowsMigrations ? [listed] : [migrated, listed]) {
		expect(stderr).toBe(`${found.message} ${found.todo}\n`);
	}
	// It reads no sites.
	if (recounted.status !== 0) expect(recounted.stderr).toBe(`${found.message} ${found.todo}\n`);
	expect(recounted.status).toBe(grants.includes('revoke') ? 0 : 1);
	expect(`${found.message} ${found.todo} ${listed.stderr}`).not.toContain('migrate"');
	if (!knowsMigrations) return;
	const connection = connectDatabase(url.href);
	const readyz = await readiness(
		{ ...wellOtherwise, findDatabaseFault: () => connection.findFault() },
		'serving',
	);
	await connection.close();
	expect(readyz).toMatchObject({ missing: 'grants on tables of the database' });
});

test('the doctor names the sequences that a restore of some tables left behind, and what sets them', async () => {
	const url = await createMigratedDatabase();
	const owner = postgres(url, { max: 1 });
	await owner`insert into sites (id, url, name, any_mailbox, created_at) overriding system value
		values (7, 'https://x.example', '', false, now())`;
	const environment = { ...world.environment, ...mail, DATABASE_URL: url };
	const look = async () => checksOf(await run(['doctor', '--json'], environment)).get('database')!;
	const found = await look();
	expect(found).toMatchObject({ status: 'failed' });
	expect(found.message).toMatch(/^Sequences are behind .*: sites\.$/);
	await owner.unsafe(/ run (SELECT .*)\.$/.exec(found.todo ?? '')?.[1] ?? '');
	await owner.end();
	expect(await look()).toMatchObject({ status: 'passed' });
});

test('a table that is missing is named by the doctor and by a command', async () => {
	const url = await createMigratedDatabase();
	const owner = postgres(url, { max: 1, onnotice: () => undefined });
	await owner`create schema kept; alter table sites set schema kept`.simple();
	await owner.end();
	const environment = { ...world.environment, ...mail, DATABASE_URL: url };
	const found = checksOf(await run(['doctor', '--json'], environment)).get('database')!;
	expect(found.message).toMatch(/^Tables are missing, .*: sites\.$/);
	expect((await run(['site', 'list'], environment)).stderr).toBe(
		`${found.message} ${found.todo}\n`,
	);
});

test('two processes that start together migrate once', async () => {
	const url = await createTestDatabase();
	const environment = { ...world.environment, DATABASE_URL: url };
	const lacking = checksOf(await run(['doctor', '--json'], { ...environment, ...mail })).get(
		'database',
	)!;
	expect(lacking).toMatchObject({ status: 'failed' });
	expect(lacking.todo).toContain('mailkey migrate');
	const sql = postgres(url, { max: 1 });
	try {
		expect(await sql`select from information_schema.tables where table_schema = 'public'`).toEqual(
			[],
		);
		// Held here until both are there, so that they begin at the same moment.
		await sql`select pg_advisory_lock(4812577301)`;
		const running = [1, 2].map(() => run(['migrate', '--json'], environment));
		await expect
			.poll(() => sql`select from pg_locks where locktype = 'advisory' and not granted`, {
				timeout: 25_000,
			})
			.toHaveLength(2);
		await sql`select pg_advisory_unlock(4812577301)`;
		const results = await Promise.all(running);
		const applied = results.map((result) => Number(result.json()['applied']));
		const [row] = await sql`select count(*)::int as count from drizzle.__drizzle_migrations`;
		// Each in its turn under the lock, whoever comes first: together, every one once.
		expect(applied.reduce((sum, count) => sum + count, 0)).toBe(row?.['count']);
		expect((await run(['migrate'], environment)).stdout).toBe(
			'The schema is up to date; 0 changes were made.\n',
		);
	} finally {
		await sql.end();
	}
});
