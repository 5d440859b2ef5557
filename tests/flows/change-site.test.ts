// Changing, enabling and removing a site, and what of it is left.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { SiteChangeOptions } from '../../src/lib/server/sites/change-site.ts';
import { allPages } from '../support/all-pages.ts';
import { textMatching } from '../support/matchers.ts';
import {
	MAILBOX,
	MY_COMPANY,
	OTHER_COMPANY,
	SITE,
	startTestHelper,
	type TestHelper,
} from '../support/test-helper.ts';
import { until } from '../support/until.ts';
import { VISITOR } from '../support/visitor.ts';

const URL = 'https://lab.example.com';
const PNG = { contentType: 'image/png', bytes: Buffer.from('\x89PNG\r\n\x1a\nrest', 'latin1') };

let its: TestHelper;
beforeAll(async () => {
	its = await startTestHelper();
});
afterAll(() => its.stop());
beforeEach(async () => {
	await its.sql`delete from site_keys where site_id in (select id from sites where url = ${URL})`;
	for (const table of ['site_mail_domains', 'site_tenants', 'site_logos']) {
		await its.sql`delete from ${its.sql(table)} where site_id in (select id from sites where url = ${URL})`;
	}
	await its.sql`delete from sites where url = ${URL}`;
	await its.app.registerSite({
		...{ url: URL, name: 'Lab', mailDomains: ['mycompany.com'], tenants: [], anyMailbox: false },
		advice: 'Ask the lab first.',
		protocols: 'smtp',
	});
});

function change(options: Partial<SiteChangeOptions>) {
	const nothing = { addMailDomains: [], removeMailDomains: [], addTenants: [], removeTenants: [] };
	return its.app.changeSite(URL, { ...nothing, ...options });
}

test.each<[string, Partial<SiteChangeOptions>, object]>([
	['the name', { name: ' Lab two ' }, { name: 'Lab two' }],
	[
		'one more mail domain',
		{ addMailDomains: ['Other.example', 'mycompany.com'] },
		{ mailDomains: ['mycompany.com', 'other.example'] },
	],
	[
		'another mail domain in its place',
		{ addMailDomains: ['other.example'], removeMailDomains: ['mycompany.com'] },
		{ mailDomains: ['other.example'] },
	],
	[
		'a tenant in place of the mail domain',
		{ addTenants: [MY_COMPANY.toUpperCase()], removeMailDomains: ['mycompany.com'] },
		{ mailDomains: [], tenants: [MY_COMPANY] },
	],
	[
		'any mailbox in place of the mail domain',
		{ anyMailbox: 'yes', removeMailDomains: ['mycompany.com'] },
		{ mailDomains: [], anyMailbox: true },
	],
	['the protocols', { protocols: 'smtp, IMAP' }, { protocols: ['imap', 'smtp'] }],
	[
		'the servers',
		{ servers: { imap: 'imap://gateway.example:1143', smtp: 'smtps://gateway.example' } },
		{ ownerServers: { imap: 'imap://gateway.example:1143', smtp: 'smtps://gateway.example' } },
	],
	[
		'where its owners get help',
		{ supportUrl: 'help@lab.example.com' },
		{ supportUrl: 'mailto:help@lab.example.com' },
	],
	['who is written to', { ownerMail: 'no' }, { ownerMail: false, noticesTo: undefined }],
	[
		'who is written to in their place',
		{ noticesTo: ' IT@lab.example.com ' },
		{ ownerMail: true, noticesTo: 'it@lab.example.com' },
	],
	['the advice, to none', { advice: 'none' }, { advice: undefined }],
	['the logo', { logo: PNG }, { logoDigest: textMatching(/^[\w-]{43}$/) }],
])('of a site %s is changed, and nothing else', async (_name, options, changed) => {
	const before = await its.app.showSite(URL);
	const after = await change(options);
	expect(after).toEqual({ ...before, ...changed });
	expect(await its.app.showSite(URL)).toEqual(after);
});

test('a logo and servers are cleared by none', async () => {
	await change({ logo: PNG, servers: { pop: 'pop3s://gateway.example' } });
	const cleared = await change({ logo: 'none', servers: { pop: 'none' }, supportUrl: 'none' });
	expect(cleared).toMatchObject({ logoDigest: undefined, ownerServers: {} });
	expect(await its.sql`select 1 from site_logos`).toHaveLength(0);
});

describe('a change is refused in plain sentences, and then nothing is changed', () => {
	test.each<[string, Partial<SiteChangeOptions>, RegExp[]]>([
		[
			'that leaves no bound',
			{ removeMailDomains: ['mycompany.com'] },
			[/left without mail domain/],
		],
		[
			'of a domain that it has not',
			{ removeMailDomains: ['mycompani.com'] },
			[/has no mail domain/],
		],
		['of a tenant that it has not', { removeTenants: [OTHER_COMPANY] }, [/has no tenant/]],
		[
			'that adds and removes at once',
			{ addMailDomains: ['x.example'], removeMailDomains: ['x.example'] },
			[/at once/],
		],
		['to an empty name', { name: ' ' }, [/--name/]],
		['to a name of several lines', { name: 'Lab\nMicrosoft' }, [/--name must be one line/]],
		[
			'to a name that is read backwards',
			{ name: 'Lab \u202etfosorciM' },
			[/--name must be one line/],
		],
		['to a name without end', { name: 'x'.repeat(101) }, [/--name must be one line/]],
		[
			'of everything at once',
			{
				...{
					addMailDomains: ['x'],
					addTenants: ['y'],
					anyMailbox: 'perhaps',
					protocols: 'imap,exchange',
				},
				servers: {
					imap: 'http://gateway.example',
					pop: 'imap://gateway.example',
					smtp: 'smtp://u:p@x.example',
				},
				...{ supportUrl: 'http://help.example', advice: 'x'.repeat(301), name: '\u3164' },
				...{ ownerMail: 'maybe', noticesTo: 'nobody' },
			},
			[
				/--add-mail-domain x /,
				/--add-tenant y /,
				/--any-mailbox perhaps must be yes or no/,
				/--protocols names exchange: it takes any of imap, pop, smtp/,
				/--imap-server http:\/\/gateway\.example is no IMAP server: imaps:\/\/host:993 or imap:\/\/host:143/,
				/--pop-server imap:.* pop3s:\/\/host:995/,
				/--smtp-server .* smtps:\/\/host:465/,
				/--support-url http:/,
				/--advice must be one line of text, at most 300 characters/,
				/--owner-mail maybe must be yes or no/,
				/--notices-to nobody must be an email address/,
				/--name must be one line of text/,
			],
		],
	])('%s', async (_name, options, sentences) => {
		const before = await its.app.showSite(URL);
		await expect(change(options)).rejects.toMatchObject({
			name: 'OperatorError',
			sentences: sentences.map((sentence) => textMatching(sentence)),
		});
		expect(await its.app.showSite(URL)).toEqual(before);
	});

	test('of a site that is not registered', async () => {
		const options = {
			addMailDomains: [],
			removeMailDomains: [],
			addTenants: [],
			removeTenants: [],
		};
		await expect(its.app.changeSite('https://x.example', options)).rejects.toMatchObject({
			sentences: [textMatching(/is not registered/)],
		});
	});
});

test('a disabled site can be changed and enabled, and then its key works as before', async () => {
	const added = await its.app.rotateSiteKey(URL, 0);
	const listed = () => its.app.forSite(added.key, VISITOR).listTokens();
	await expect(listed()).resolves.toEqual({ tokens: [] });
	await expect(its.app.enableSite(URL)).rejects.toMatchObject({
		sentences: [`${URL} is not disabled.`],
	});
	await its.app.disableSite(URL);
	await change({ name: 'Changed meanwhile' });
	await expect(listed()).rejects.toMatchObject({ code: 'invalid_site_key' });
	expect(await its.app.enableSite(`${URL}/`)).toBe(URL);
	await expect(listed()).resolves.toEqual({ tokens: [] });
	expect(await its.app.showSite(URL)).toMatchObject({ name: 'Changed meanwhile' });
});

test('of two changes at once that would take the last bound one is refused', async () => {
	await change({ addTenants: [MY_COMPANY] });
	let done: PromiseSettledResult<unknown>[] = [];
	await its.sql.begin(async (sql) => {
		await sql`select from sites where url = ${URL} for update`;
		const both = Promise.allSettled([
			change({ removeMailDomains: ['mycompany.com'] }),
			change({ removeTenants: [MY_COMPANY] }),
		]);
		void both.then((settled) => (done = settled));
		await until('both wait for the row', async () => {
			const [row] = await its.sql`
				select count(*)::int as waiting from pg_stat_activity
				where datname = current_database() and wait_event_type = 'Lock'`;
			return row?.['waiting'] === 2 ? true : undefined;
		});
	});
	await until('both are done', () => Promise.resolve(done.length > 0 || undefined));
	expect(done.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
	const { mailDomains, tenants } = await its.app.showSite(URL);
	expect(mailDomains.length + tenants.length).toBe(1);
});

test('a webhook that is changed is noted once in the audit trail', async () => {
	await change({ webhookUrl: 'https://hooks.example.com/mailkey' });
	await change({ webhookUrl: 'none', name: 'Lab two' });
	await its.app.auditWritten();
	const events = await allPages(
		its.app.readAudit({ site: URL, event: 'site_changed', limit: 1000 }),
	);
	const { id } = await its.app.showSite(URL);
	const told = events.filter(({ siteId }) => siteId === id).map(({ detail }) => detail);
	expect(told.sort()).toEqual(['name', 'webhookUrl', 'webhookUrl']);
});

describe('a site that is removed', () => {
	test('must be disabled first, and what it ends is told before', async () => {
		await expect(its.app.removeSite(URL)).rejects.toMatchObject({
			sentences: [textMatching(/is not disabled.*mailkey site disable/)],
		});
		await expect(its.app.useOfSite(URL, 'removing')).rejects.toMatchObject({
			sentences: [textMatching(/is not disabled/)],
		});
		const box = await its.openBrowser().signIn();
		const rarely = await its.openBrowser().signIn('info@mycompany.com');
		if (box.status !== 'ready' || rarely.status !== 'ready') throw new Error('not signed in');
		await its.sql`update stored_tokens set last_resolved_at = case mailbox when ${MAILBOX}
			then ${its.clock.now()} else ${new Date(its.clock.now().getTime() - 8 * 86_400_000)} end`;
		expect(await its.app.useOfSite(SITE, 'disabling')).toEqual({
			...{ site: SITE, connected: 2, usedSince: 1, waitingEvents: 0 },
		});
		await its.sql`update site_events set delivery = 'waiting' where site_id = ${its.siteId}`;
		expect(await its.app.useOfSite(SITE, 'disabling')).toMatchObject({ waitingEvents: 2 });
	});

	test('is named by no row but those of the audit trail, and its numbers never come back', async () => {
		its.drawNumbers(111111111111111);
		await its.openBrowser().signIn('first@mycompany.com');
		await its.openBrowser().begin('left-open@mycompany.com');
		await its.app.changeSite(SITE, {
			...{ addMailDomains: ['other.example'], removeMailDomains: [], removeTenants: [] },
			...{ addTenants: [MY_COMPANY], logo: PNG, name: 'A name that is nowhere else' },
		});
		await its.app.disableSite(SITE);
		const { revoked } = await its.app.removeSite(SITE);
		expect(revoked).toBeGreaterThanOrEqual(1);
		await its.app.auditWritten();
		expect(await rowsThatName(its.siteId)).toEqual(['audit_events.site_id']);
		expect(await rowsWith('A name that is nowhere else')).toEqual([]);
		expect(await rowsWith(SITE)).toEqual(['audit_events']);

		const again = await its.app.registerSite({
			...{
				url: SITE,
				name: 'Again',
				mailDomains: ['mycompany.com'],
				tenants: [],
				anyMailbox: false,
			},
		});
		expect(again.id).not.toBe(its.siteId);
		its.drawNumbers(111111111111111, 222222222222222);
		const signedIn = await its.openBrowser().signIn('first@mycompany.com');
		expect(signedIn).toMatchObject({
			identifier: 'ExternalOAuthToken:222222222222222:first@mycompany.com',
		});
	});

	test('is told of in the audit trail by its URL, with each token that went', async () => {
		await its.app.auditWritten();
		const events = await allPages(its.app.readAudit({ site: SITE, limit: 1000 }));
		const told = events.map(({ event, detail }) => `${event} ${detail ?? ''}`);
		expect(told).toContain(`site_removed ${SITE}`);
		expect(told).toContain('site_changed name, addMailDomains, addTenants, logo');
		expect(told).toContain(`site_disabled ${SITE}`);
		const gone = events.filter(
			({ event, detail }) => event === 'token_revoked' && detail === 'site_removed',
		);
		expect(gone.map(({ storedTokenId }) => storedTokenId)).toContain(111111111111111);
		expect(events.every(({ siteId }) => siteId !== undefined)).toBe(true);
		expect(new Set(events.map(({ site }) => site))).toEqual(new Set([SITE]));
	});
});

/** Tables with a column `site_id`, and the sites themselves, that hold a row of this site. */
async function rowsThatName(siteId: number): Promise<string[]> {
	const columns = await its.sql<{ table: string; column: string }[]>`
		select table_name as table, column_name as column from information_schema.columns
		where table_schema = 'public' and (column_name = 'site_id' or (table_name = 'sites' and column_name = 'id'))`;
	expect(columns.length).toBeGreaterThan(6);
	const found: string[] = [];
	for (const { table, column } of columns) {
		const [row] =
			await its.sql`select 1 from ${its.sql(table)} where ${its.sql(column)} = ${siteId} limit 1`;
		if (row) found.push(`${table}.${column}`);
	}
	return found;
}

async function rowsWith(text: string): Promise<string[]> {
	const tables = await its.sql<{ table: string }[]>`
		select table_name as table from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'`;
	const found: string[] = [];
	for (const { table } of tables) {
		const [row] =
			await its.sql`select 1 from ${its.sql(table)} as it where strpos(it::text, ${text}) > 0 limit 1`;
		if (row) found.push(table);
	}
	return found;
}
