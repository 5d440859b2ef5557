// The operator's command line, run as the operator runs it: what it prints, with what status it ends, and that it never
// prints a token. Few starts, each of which takes a second or two.

import { mkdtemp, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { textMatching } from '../support/matchers.ts';
import { createMigratedDatabase } from '../support/database.ts';
import { dumpDatabase, findSecrets } from '../support/secret-search.ts';
import type { VaultInstance } from '../support/vault-instance.ts';
import { connectMailbox } from '../support/vault-mailbox.ts';
import { runMailkey, type CommandResult } from '../support/vault-command-line.ts';
import { openVaultWorld, type VaultWorld } from '../support/vault-world.ts';

const TENANT = '6f1c3a52-0d5e-4b7a-9a43-2f6c1e8b9d10';

let world: VaultWorld;
let instance: VaultInstance;
let folder: string;
/** Everything any command printed. */
const printed: string[] = [];

beforeAll(async () => {
	world = await openVaultWorld(await createMigratedDatabase(), 'real');
	instance = world.open();
	folder = await mkdtemp(join(tmpdir(), 'mailkey-cli-'));
});
afterAll(async () => {
	await world.close();
	await rm(folder, { recursive: true });
});

async function mailkey(...args: string[]): Promise<CommandResult> {
	const result = await runMailkey(args, { environment: world.environment, folder });
	printed.push(result.stdout, result.stderr);
	return result;
}

function noteKey(value: string): string {
	world.secrets.push({ name: `site key ${world.secrets.length}`, value });
	return value;
}

/** One sentence, one line, no stack. */
const oneSentence = /^\S[^\n]*[.]\n$/;

function expectRefused({ status, stdout, stderr }: CommandResult, words: RegExp): void {
	expect([status, stdout]).toEqual([1, '']);
	expect(stderr).toMatch(oneSentence);
	expect(stderr).toMatch(words);
}

async function statusOf(key: string): Promise<number> {
	return (await instance.ask('/api/v1/tokens', key)).status;
}

describe('mailkey site', { timeout: 90_000 }, () => {
	const url = 'https://mysite.equisonline.com';
	let key: string;

	test('add registers a site and prints its key once, as JSON and in words', async () => {
		const [first, second] = await Promise.all([
			mailkey('site', 'add', url, '--name', 'Mine', '--mail-domain', 'mycompany.com', '--json'),
			mailkey('site', 'add', 'https://other.example.com/app/', '--name', 'Other', '--any-mailbox'),
		]);
		expect([first.status, first.stderr]).toEqual([0, '']);
		expect(first.json()).toEqual({
			site: url,
			id: expect.any(Number) as number,
			key: expect.stringMatching(/^mksite_[\w-]{43}$/) as string,
		});
		key = noteKey(String(first.json()['key']));
		expect(await statusOf(key)).toBe(200);
		expect([second.status, second.stderr]).toEqual([0, '']);
		expect(second.stdout).toMatch(/^Registered https:\/\/other\.example\.com\/app as site \d+\./);
		expect(await statusOf(noteKey(/mksite_[\w-]{43}/.exec(second.stdout)![0]))).toBe(200);
	});

	test('add refuses what has no bounds, and what is used wrongly', async () => {
		const [unbound, unnamed] = await Promise.all([
			mailkey('site', 'add', 'https://unbound.example.com', '--name', 'Unbound'),
			mailkey('site', 'add', 'https://unnamed.example.com', '--any-mailbox'),
		]);
		expectRefused(unbound, /--mail-domain .*--tenant .*--any-mailbox/);
		expect([unnamed.status, unnamed.stdout]).toEqual([2, '']);
		expect(unnamed.stderr).toMatch(/--name/);
	});

	test('rotate-key, list, show and disable do what they say', async () => {
		const rotated = await mailkey('site', 'rotate-key', url, '--grace', '0', '--json');
		expect(rotated.status).toBe(0);
		const newKey = noteKey(String(rotated.json()['key']));
		expect([await statusOf(key), await statusOf(newKey)]).toEqual([401, 200]);
		const [listed, shown] = await Promise.all([
			mailkey('site', 'list'),
			mailkey('site', 'show', url, '--json'),
		]);
		expect(listed.stdout).toMatch(/mysite\.equisonline\.com +Mine +mycompany\.com +active/);
		expect(shown.json()).toMatchObject({
			site: url,
			mail_domains: ['mycompany.com'],
			status: 'active',
			keys: [{ expires_at: expect.any(String) as string }, { expires_at: null }],
		});
		const disabled = await mailkey('site', 'disable', url, '--json');
		expect([disabled.status, disabled.json()]).toEqual([0, { site: url, status: 'disabled' }]);
		expect(await statusOf(newKey)).toBe(401);
		const rotation = await mailkey('site', 'rotate-key', url);
		// A key that does not work is worse than a refusal.
		for (const [wrong] of rotation.stdout.matchAll(/mksite_[\w-]{43}/g)) noteKey(wrong);
		expectRefused(rotation, /disabled/);
	});

	test('change, enable and remove do what they say, and say before what they end', async () => {
		const mailbox = await connectMailbox(world, instance);
		const { url: used } = mailbox.site;
		await world.sql`update stored_tokens set last_resolved_at = now() where id = ${mailbox.number}`;
		await writeFile(join(folder, 'logo.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>');
		const details = ['--protocols', 'smtp', '--advice', 'Ask the lab.', '--logo', 'logo.svg'];
		const servers = ['--smtp-server', 'smtp://gateway.example:1587', '--support-url', 'none'];
		const bounds = ['--add-tenant', TENANT, '--remove-mail-domain', 'mycompany.com'];
		const changed = await mailkey(
			'site',
			'change',
			used,
			...details,
			...servers,
			...bounds,
			'--json',
		);
		expect([changed.status, changed.stderr]).toEqual([0, '']);
		expect(changed.json()).toMatchObject({
			...{ site: used, protocols: ['smtp'], advice: 'Ask the lab.', mail_domains: [] },
			...{ smtp_server: 'smtp://gateway.example:1587', support_url: null, tenants: [TENANT] },
			logo_sha256: expect.stringMatching(/^[\w-]{43}$/) as string,
		});

		expectRefused(await mailkey('site', 'remove', used, '--yes'), /is not disabled/);
		const disabled = await mailkey('site', 'disable', used, '--json');
		expect(disabled.json()).toEqual({ site: used, status: 'disabled' });
		expect(disabled.stderr).toMatch(/1 mailbox connected, 1 of them used in the last week/);
		const unsaid = await mailkey('site', 'remove', used);
		expect([unsaid.status, unsaid.stdout]).toEqual([1, '']);
		expect(unsaid.stderr).toMatch(/1 mailbox connected.*\n.*was not removed: say --yes/);
		expect((await mailkey('site', 'enable', used, '--json')).json()).toEqual({
			...{ site: used, status: 'active' },
		});
		expect((await mailbox.row()).state).toBe('active');
		await instance.app.disableSite(used);
		const removed = await mailkey('site', 'remove', used, '--yes', '--json');
		expect(removed.json()).toEqual({
			site: used,
			status: 'removed',
			revoked: 1,
			dropped_events: 0,
		});
		expect(await world.sql`select 1 from stored_tokens where id = ${mailbox.number}`).toEqual([]);
	});

	test('change says each fault in a sentence, and is used wrongly without an option', async () => {
		await writeFile(join(folder, 'large.png'), Buffer.alloc(65 * 1024));
		const [faulty, large, empty] = await Promise.all([
			mailkey('site', 'change', url, '--protocols', 'x', '--any-mailbox', 'z', '--pop-server', 'y'),
			mailkey('site', 'change', url, '--logo', 'large.png'),
			mailkey('site', 'change', url),
		]);
		expect([faulty.status, faulty.stderr.trim().split('\n').length]).toEqual([1, 3]);
		expectRefused(large, /--logo must be .* at most 64 KB \(.*large\.png: it has 65 KB\)/);
		expect([empty.status, empty.stdout]).toEqual([2, '']);
	});
});

describe('mailkey site add --from', { timeout: 90_000 }, () => {
	const header = 'url,name,mail_domains,tenants,any_mailbox';

	test('registers all and puts the keys into a file that only its owner can read', async () => {
		await writeFile(
			join(folder, 'sites.csv'),
			[
				header,
				'https://one.example.com,"One, the first",mycompany.com nowhere.example,,',
				'https://two.example.com,Two,,6f1c3a52-0d5e-4b7a-9a43-2f6c1e8b9d10,',
				'https://three.example.com,Three,,,yes',
			].join('\r\n'),
		);
		const added = await mailkey('site', 'add', '--from', 'sites.csv', '--json');
		const { status, stdout, stderr } = added;
		expect(status).toBe(0);
		expect(stderr).toMatch(
			/^Microsoft does not know the domain nowhere\.example, .* --tenant <tenant id>\.\n$/,
		);
		expect(JSON.parse(stdout)).toMatchObject({ added: 3, refused: [] });
		const file = join(folder, 'sites.csv.keys');
		expect(((await stat(file)).mode & 0o777).toString(8)).toBe('600');
		const lines = (await readFile(file, 'utf8')).trim().split('\n');
		expect(lines.map((line) => line.split(',')[0])).toEqual([
			'site',
			'https://one.example.com',
			'https://two.example.com',
			'https://three.example.com',
		]);
		for (const line of lines.slice(1)) {
			const key = noteKey(line.split(',')[2]!);
			expect(await statusOf(key)).toBe(200);
			expect(stdout).not.toContain(key);
		}
	});

	test('takes every option as a column, with commas or semicolons, and warns once of each kind', async () => {
		await writeFile(join(folder, 'lab.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>');
		const columns = `url;name;mail_domains;any_mailbox;protocols;imap_server;pop_server;smtp_server;support_url;advice;logo;owner_mail;notices_to`;
		const more =
			'smtp imap;imap://gw.example:1143;pop3s://gw.example;smtp://gw.example;help@lab.example;Ask, then sign in;lab.svg;no;it@lab.example';
		const many = Array.from(
			{ length: 300 },
			(_, index) =>
				`https://s${index}.many.example.com;Site ${index};nowhere${index}.example;;;;;;;;;;`,
		);
		await writeFile(
			join(folder, 'many.csv'),
			[columns, `https://lab.many.example.com;Lab;;yes;${more}`, ...many].join('\r\n'),
		);
		const { status, stderr } = await mailkey('site', 'add', '--from', 'many.csv');
		expect([status, stderr.trim().split('\n').length]).toEqual([0, 1]);
		expect(stderr).toMatch(/does not know 300 mail domains \(nowhere0\.example, .* and 295 more\)/);
		for (const line of (await readFile(join(folder, 'many.csv.keys'), 'utf8'))
			.trim()
			.split('\n')
			.slice(1)) {
			noteKey(line.split(',')[2]!);
		}
		expect(await instance.app.showSite('https://lab.many.example.com')).toMatchObject({
			...{ protocols: ['imap', 'smtp'], supportUrl: 'mailto:help@lab.example', anyMailbox: true },
			ownerServers: {
				imap: 'imap://gw.example:1143',
				pop: 'pop3s://gw.example',
				smtp: 'smtp://gw.example',
			},
			...{ ownerMail: false, noticesTo: 'it@lab.example' },
			...{ advice: 'Ask, then sign in', logoDigest: expect.any(String) as string },
		});
		expect(await instance.app.showSite('https://s7.many.example.com')).toMatchObject({
			...{ protocols: ['imap', 'pop', 'smtp'], ownerServers: {}, advice: undefined },
		});
	});

	test('says every fault of a column with its line, and refuses a column that it does not know', async () => {
		const columns =
			'url,name,any_mailbox,protocols,imap_server,pop_server,smtp_server,support_url,advice,logo';
		const faults = `imaps,x,y,z,http://help.example,${'x'.repeat(301)},nowhere.png`;
		await writeFile(
			join(folder, 'faults.csv'),
			`${columns}\nhttps://ten.example.com,Ten,yes,${faults}\n`,
		);
		await writeFile(
			join(folder, 'misspelt.csv'),
			'url,name,any_mailbox,protocol\nhttps://ten.example.com,Ten,yes,smtp\n',
		);
		const [faulty, misspelt] = await Promise.all([
			mailkey('site', 'add', '--from', 'faults.csv'),
			mailkey('site', 'add', '--from', 'misspelt.csv'),
		]);
		expect([faulty.status, faulty.stdout]).toEqual([1, '']);
		const told = faulty.stderr.trim().split('\n');
		const options = [
			'protocols',
			'imap_server',
			'pop_server',
			'smtp_server',
			'support_url',
			'advice',
			'logo',
		];
		expect(told).toEqual(
			options.map((option) => expect.stringContaining(`faults.csv, line 2: ${option}`) as string),
		);
		expectRefused(misspelt, /columns that are not known \(protocol\): the columns are url, name/);
	});

	test('refuses a site that stands twice, what is neither yes nor no, and options beside the file', async () => {
		const lines = [
			'https://ten.example.com,Ten,,,yes',
			'https://TEN.example.com/,Again,mycompany.com,,ja',
		];
		await writeFile(join(folder, 'twice.csv'), [header, ...lines].join('\n'));
		const [twice, beside, named] = await Promise.all([
			mailkey('site', 'add', '--from', 'twice.csv'),
			mailkey('site', 'add', '--from', 'twice.csv', '--protocols', 'smtp'),
			mailkey('site', 'add', 'https://ten.example.com', '--from', 'twice.csv'),
		]);
		expect([twice.status, twice.stderr.trim().split('\n')]).toEqual([
			1,
			[
				textMatching(/twice\.csv, line 3: any_mailbox ja must be yes or no/),
				textMatching(/twice\.csv, line 3: https:\/\/TEN\.example\.com\/ is the site of line 2/),
			],
		]);
		expect([beside.status, beside.stderr]).toEqual([2, textMatching(/--protocols <list>/)]);
		expect([named.status, named.stderr]).toEqual([2, textMatching(/the URLs are in the file/)]);
	});

	test('writes no key to what somebody puts in the place of the file, and registers nothing more', async () => {
		const [list, theirs] = [join(folder, 'shared.csv'), join(folder, 'theirs')];
		await writeFile(list, `${header}\nhttps://swapped.example.com,Swapped,,,yes\n`);
		await writeFile(theirs, '');
		const adding = mailkey('site', 'add', '--from', 'shared.csv');
		// The command makes the file before it asks the database for anything.
		await expect.poll(() => stat(`${list}.keys`), { timeout: 20_000, interval: 1 }).toBeTruthy();
		await rename(`${list}.keys`, join(folder, 'moved'));
		await symlink(theirs, `${list}.keys`);
		expectRefused(await adding, /shared\.csv\.keys was moved or replaced/);
		expect(await readFile(theirs, 'utf8')).toBe('');
		const urls = (await instance.app.listSites()).map((site) => site.url);
		expect(urls).not.toContain('https://swapped.example.com');
	});

	test('keeps the keys it has made when a later site is refused', async () => {
		const known = 'https://one.example.com,"One, the first",,,yes';
		await writeFile(
			join(folder, 'again.csv'),
			`${header}\nhttps://eight.example.com,Eight,,,yes\n${known}\nhttps://nine.example.com,Nine,,,yes\n`,
		);
		const { status, stderr } = await mailkey('site', 'add', '--from', 'again.csv');
		expect([status, stderr]).toEqual([1, expect.stringContaining('https://one.example.com')]);
		const lines = (await readFile(join(folder, 'again.csv.keys'), 'utf8')).trim().split('\n');
		expect(lines).toHaveLength(3);
		for (const line of lines.slice(1)) {
			expect(await statusOf(noteKey(line.split(',')[2]!))).toBe(200);
		}
	});

	test('registers nothing when a line is faulty, and names the line', async () => {
		await writeFile(
			join(folder, 'faulty.csv'),
			`${header}\nhttps://four.example.com,Four,mycompany.com,,\n\nhttps://five.example.com,,,,yes\n`,
		);
		await writeFile(
			join(folder, 'unbound.csv'),
			`${header}\nhttps://six.example.com,Six,,,yes\nhttps://seven.example.com,Seven,,,\n`,
		);
		const [faulty, unbound] = await Promise.all([
			mailkey('site', 'add', '--from', 'faulty.csv'),
			mailkey('site', 'add', '--from', 'unbound.csv'),
		]);
		expectRefused(faulty, /line 4: .*name is missing/);
		expectRefused(unbound, /mail-domain|mailboxes/);
		const urls = (await instance.app.listSites()).map((site) => site.url);
		for (const name of ['four', 'five', 'six', 'seven']) {
			expect(urls).not.toContain(`https://${name}.example.com`);
		}
	});
});

describe('mailkey token', { timeout: 90_000 }, () => {
	test('shows, lists, refreshes and revokes by identifier', async () => {
		const mailbox = await connectMailbox(world, instance);
		const other = await connectMailbox(world, instance);
		const { identifier } = mailbox;
		const [listed, shown] = await Promise.all([
			mailkey('token', 'list', '--site', mailbox.site.url, '--json'),
			mailkey('token', 'show', identifier),
		]);
		expect(listed.json()).toMatchObject({ tokens: [{ identifier, status: 'active' }] });
		expect(listed.stdout).not.toContain(other.identifier);
		const ofMailbox = await mailkey(
			'token',
			'list',
			'--mailbox',
			other.address,
			'--status',
			'active',
		);
		expect(ofMailbox.stdout).toMatch(/^identifier +site +status /);
		expect(ofMailbox.stdout.trim().split('\n')).toHaveLength(2);
		expect(ofMailbox.stdout).toContain(other.identifier);
		expect(shown.stdout).toMatch(/^status +active$/m);
		expect(shown.stdout).toMatch(/^lapses_at +\d{4}-/m);

		const before = world.refreshes();
		const refreshed = await mailkey('token', 'refresh', identifier, '--json');
		expect([refreshed.status, refreshed.json()['status']]).toEqual([0, 'active']);
		expect((await mailbox.row()).version).toBe(2);
		expect(world.refreshes() - before).toBe(1);

		const revoked = await mailkey('token', 'revoke', identifier);
		expect([revoked.status, revoked.stderr]).toEqual([0, '']);
		// Consent at Microsoft is a separate act.
		expect(revoked.stdout).toContain('https://myapps.microsoft.com');
		expect(await mailbox.row()).toMatchObject({ state: 'revoked', sealed_refresh_token: null });
		expect((await other.row()).state).toBe('active');
	});

	test('names the number with which Microsoft refused', async () => {
		const mailbox = await connectMailbox(world, instance);
		await mailbox.setLife(-1);
		world.microsoft.nextTokenAnswer({ kind: 'error', error: 'invalid_grant', aadsts: 50173 });
		await mailbox.resolve();
		const shown = await mailkey('token', 'show', mailbox.identifier);
		expect(shown.stdout).toMatch(/^last_problem +\S.* \(AADSTS50173\)$/m);
	});

	test('revokes again what an audit export says was revoked, as after a restore', async () => {
		const [gone, kept] = [
			await connectMailbox(world, instance),
			await connectMailbox(world, instance),
		];
		await mailkey('token', 'revoke', gone.identifier);
		const exported = await mailkey('audit', '--event', 'token_revoked', '--csv');
		await writeFile(join(folder, 'audit.csv'), exported.stdout);
		await world.sql`update stored_tokens set state = 'active' where id = ${gone.number}`;
		const again = await mailkey('token', 'revoke', '--from', 'audit.csv', '--json');
		expect([again.status, again.json()['revoked']]).toEqual([0, 1]);
		expect((await gone.row()).state).toBe('revoked');
		expect((await kept.row()).state).toBe('active');
		const twice = await mailkey('token', 'revoke', '--from', 'audit.csv', '--json');
		expect(twice.json()['revoked']).toBe(0);
		const [header = '', ...rows] = exported.stdout.split('\r\n');
		const row = rows.find((text) => text.includes(`,${gone.number},`))!;
		const [spoiled, renamed] = [
			row.replace(`,${gone.number},`, ',3.66599E+14,'),
			row.replace('token_revoked', 'revoked'),
		];
		await writeFile(join(folder, 'some.csv'), [header, row, spoiled, renamed].join('\r\n'));
		const some = await mailkey('token', 'revoke', '--from', 'some.csv', '--json');
		expect([some.status, some.json()]).toEqual([1, { revoked: 0, already: 1, unknown: 0 }]);
		expect(some.stderr).toMatch(/^some\.csv: 2 rows could not be read, .*: line 3, 4\. /);
		for (const nothing of ['', header]) {
			await writeFile(join(folder, 'nothing.csv'), nothing);
			const without = await mailkey('token', 'revoke', '--from', 'nothing.csv');
			expectRefused(without, /^nothing\.csv has no event token_revoked: export it with/);
		}
		await writeFile(join(folder, 'other.csv'), 'url,name\nhttps://x.example,x\n');
		expectRefused(await mailkey('token', 'revoke', '--from', 'other.csv'), /no export of/);
		expect((await mailkey('token', 'revoke')).status).toBe(2);
	});

	test('refuses what is no identifier of a stored token', async () => {
		const name = 'ExternalOAuthToken:999999:nobody@mycompany.com';
		expectRefused(await mailkey('token', 'show', name, '--json'), /no identifier/);
	});
});

describe('without a configuration that works', { timeout: 90_000 }, () => {
	test('a command says in one sentence what is missing', async () => {
		const { MICROSOFT_CLIENT_SECRET: _, ...environment } = world.environment;
		const result = await runMailkey(['site', 'list'], { environment, folder });
		expectRefused(result, /MICROSOFT_CLIENT_SECRET/);
	});

	test('a command that only reads makes no database: it says where it looked', async () => {
		const elsewhere = join(folder, 'elsewhere');
		const environment = { DATA_DIR: elsewhere };
		const [listed, doctored] = await Promise.all([
			runMailkey(['token', 'list'], { environment, folder }),
			runMailkey(['doctor', '--json'], { environment, folder }),
		]);
		expectRefused(listed, /^There is no database in \S+\/elsewhere\/practice yet; .*DATA_DIR/);
		expect(doctored.json()['checks']).toContainEqual({
			check: 'database',
			status: 'skipped',
			message: listed.stderr.trim(),
		});
		await expect(stat(join(elsewhere, 'practice', 'postgres'))).rejects.toThrow('ENOENT');
	});
});

describe('whoever reads what a command prints', { timeout: 90_000 }, () => {
	test('may stop before its end, as head does', async () => {
		const listing = runMailkey(
			['site', 'list'],
			{ environment: world.environment, folder },
			'stops at once',
		);
		expect(await listing).toMatchObject({ status: 0, stderr: '' });
	});

	test('learns the version', async () => {
		expect((await mailkey('--version')).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
	});

	test('gets a key id of its own each time', async () => {
		const made = await Promise.all([mailkey('keys', 'generate'), mailkey('keys', 'generate')]);
		const ids = made.map(({ stdout }) => /^(k\d{8}-[0-9a-f]{6}):/.exec(stdout)?.[1]);
		expect(ids).not.toContain(undefined);
		expect(new Set(ids).size).toBe(2);
		for (const { stdout } of made) noteKey(stdout.trim());
	});
});

describe('at the end of all this', () => {
	test('no command printed a token, and nothing secret stands in the database', async () => {
		expect(printed.join('')).toContain('ExternalOAuthToken:');
		// A new key is printed once, which is how its owner gets it.
		const issued = world.microsoft.issued().map(({ kind, value }) => ({ name: kind, value }));
		const unprintable = world.secrets.filter(({ name }) => !name.startsWith('site key'));
		expect(findSecrets(printed.join('\n'), [...unprintable, ...issued])).toEqual([]);
		expect(await world.leaks()).toEqual([]);
	});

	test('and the search would have found one', async () => {
		const { value } = world.microsoft.issued().find(({ kind }) => kind === 'refresh_token')!;
		const planted = `refreshed with ${Buffer.from(value).toString('base64url')}`;
		expect(findSecrets(planted, [{ name: 'planted', value }])).toHaveLength(1);
		await world.sql`update sites set name = ${String(world.secrets.at(-1)?.value)} where id = 1`;
		expect(findSecrets(await dumpDatabase(world.sql), world.secrets)).toHaveLength(1);
	});
});
