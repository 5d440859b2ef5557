// Registering a site: what is refused in one sentence per fault, and where the key is.

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { connectDatabase } from '../../src/lib/server/database/connection.ts';
import { createRecipientStore } from '../../src/lib/server/notices/recipient-store.ts';
import { explainDatabaseError } from '../../src/cli/explain-database-error.ts';
import type { SiteRegistration } from '../../src/lib/server/sites/register-site.ts';
import { textMatching } from '../support/matchers.ts';
import { MY_COMPANY, startTestHelper, type TestHelper } from '../support/test-helper.ts';

let its: TestHelper;
beforeAll(async () => {
	its = await startTestHelper();
});
afterAll(() => its.stop());
beforeEach(async () => {
	await its.sql`truncate sites cascade`;
});

const plain: SiteRegistration = {
	url: 'https://lab.example.com',
	name: 'Lab',
	mailDomains: ['mycompany.com'],
	tenants: [],
	anyMailbox: false,
};

const IS_BEHIND = /^The sequence of the table \w+ is behind its rows \(23505\).* SELECT setval\('/;

test.each(['sites', 'site_keys'])(
	'a sequence of %s that was not restored is told from a site that is there, and docs/backup.md mends it',
	async (table) => {
		await register();
		await its.sql.unsafe(`select setval('${table}_id_seq', max(id), false) from ${table}`);
		const refused: unknown = await register({ url: 'https://other.example.com' }).catch(
			(error: unknown) => error,
		);
		expect(explainDatabaseError(refused)).toMatch(IS_BEHIND);
		expect(explainDatabaseError(refused)).toContain(`FROM public.${table})`);
		await its.sql.unsafe(`select setval('${table}_id_seq', max(id), false) from ${table}`);
		const guide = await readFile('docs/backup.md', 'utf8');
		const listed = /<!-- run by the tests -->\s*```sql\n([^`]*)\\gexec/.exec(guide)?.[1] ?? '';
		for (const { format } of await its.sql.unsafe<{ format: string }[]>(listed)) {
			await its.sql.unsafe(format);
		}
		expect(await register({ url: 'https://other.example.com' })).toMatchObject({
			site: 'https://other.example.com',
		});
	},
);

test('somebody new is not told to wait where the sequence of recipients was not restored', async () => {
	const connection = connectDatabase(its.databaseUrl);
	const { claim } = createRecipientStore(connection.database);
	const terms = { now: new Date(), until: new Date(), betweenMs: 0 };
	expect(await claim('one@mycompany.com', terms)).toMatchObject({ kind: 'claimed' });
	await its.sql`select setval('notice_recipients_id_seq', max(id), false) from notice_recipients`;
	const refused: unknown = await claim('two@mycompany.com', terms).catch((error: unknown) => error);
	await connection.close();
	expect(explainDatabaseError(refused)).toMatch(IS_BEHIND);
});

function register(changes: Partial<SiteRegistration> = {}) {
	return its.app.registerSite({ ...plain, ...changes });
}

test('a site is stored in the form in which it is compared', async () => {
	const { site, id } = await register({
		url: ' Lab.Example.COM/App/?x#y ',
		name: ' Lab ',
		mailDomains: ['MyCompany.com', 'mycompany.com', ' münchen.example '],
		tenants: [` ${MY_COMPANY.toUpperCase()} `, MY_COMPANY],
	});
	expect(site).toBe('https://lab.example.com/App');
	expect(await its.sql`select * from sites`).toMatchObject([
		{ id: String(id), url: site, name: 'Lab', any_mailbox: false, disabled_at: null },
	]);
	expect(await its.sql`select domain from site_mail_domains order by domain`).toEqual([
		{ domain: 'mycompany.com' },
		{ domain: 'xn--mnchen-3ya.example' },
	]);
	expect(await its.sql`select tenant_id from site_tenants`).toEqual([{ tenant_id: MY_COMPANY }]);
});

test('the key has 256 random bits, is told once, and stands in the database as its SHA-256 only', async () => {
	const { key } = await register();
	expect(key).toMatch(/^mksite_[A-Za-z0-9_-]{43}$/);
	expect((await register({ url: 'https://other.example.com' })).key).not.toBe(key);
	const rows = await its.sql`select * from site_keys order by id`;
	expect(rows).toHaveLength(2);
	expect(rows[0]?.['key_sha256']).toEqual(createHash('sha256').update(key).digest());
	const random = Buffer.from(key.slice('mksite_'.length), 'base64url');
	const dump = JSON.stringify([await its.sql`select * from sites`, rows]);
	for (const form of [
		key,
		random.toString('base64url'),
		random.toString('hex'),
		random.toString('base64'),
	]) {
		expect(dump).not.toContain(form);
	}
	expect(JSON.stringify(rows[0]?.['key_sha256'])).not.toBe(JSON.stringify(random));
	expect(its.logged()).not.toContain(key);
});

describe('is refused in plain sentences', () => {
	test.each<[string, Partial<SiteRegistration>, RegExp[]]>([
		['no bound', { mailDomains: [] }, [/--mail-domain .*--tenant .*--any-mailbox/]],
		[
			'http',
			{ url: 'http://lab.example.com' },
			[/http:\/\/lab\.example\.com cannot be registered\. .*https:\/\//],
		],
		['an IP address', { url: 'https://10.0.0.5' }, [/cannot be registered/]],
		['localhost', { url: 'https://localhost' }, [/cannot be registered/]],
		['no URL', { url: '' }, [/cannot be registered/]],
		['no name', { name: ' ' }, [/--name/]],
		[
			'a domain that is none',
			{ mailDomains: ['mycompany'] },
			[/--mail-domain mycompany is not a mail domain\./],
		],
		[
			'an address in place of a domain',
			{ mailDomains: ['equis@mycompany.com'] },
			[/is not a mail domain/],
		],
		[
			'a pattern in place of a domain',
			{ mailDomains: ['*.mycompany.com'] },
			[/is not a mail domain/],
		],
		[
			'a tenant that is none',
			{ tenants: ['mycompany.com'] },
			[/--tenant mycompany\.com is not a tenant id/],
		],
		[
			'everything at once',
			{ url: 'x', name: '', mailDomains: ['x'], tenants: ['y', 'z'] },
			[/x cannot be registered/, /--name/, /--mail-domain x /, /--tenant y /, /--tenant z /],
		],
	])('%s', async (_name, changes, sentences) => {
		await expect(register(changes)).rejects.toMatchObject({
			name: 'OperatorError',
			sentences: sentences.map((sentence) => textMatching(sentence)),
		});
		expect(await its.sql`select 1 from sites`).toHaveLength(0);
	});

	test('a site that is there already, in whatever form, and its key goes on working', async () => {
		await register();
		await expect(register({ url: 'LAB.example.com/' })).rejects.toMatchObject({
			sentences: [
				'The site https://lab.example.com is registered already. If its key is lost, make another: mailkey site rotate-key https://lab.example.com.',
			],
		});
		expect(await its.sql`select 1 from site_keys`).toHaveLength(1);
	});

	test('one of two that register it at the same time', async () => {
		const results = await Promise.allSettled([register(), register(), register()]);
		expect(results.map(({ status }) => status).sort()).toEqual([
			'fulfilled',
			'rejected',
			'rejected',
		]);
		expect(await its.sql`select 1 from site_keys`).toHaveLength(1);
	});
});

test.each<[string, Partial<SiteRegistration>]>([
	['a mail domain', {}],
	['a tenant', { mailDomains: [], tenants: [MY_COMPANY] }],
	['any mailbox', { mailDomains: [], anyMailbox: true }],
])('%s is bound enough', async (_name, changes) => {
	expect(await register(changes)).toMatchObject({ site: plain.url });
});
