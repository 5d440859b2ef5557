// Notices by mail, over weeks whose clock is moved by hand, received by a real SMTP server.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createNoticesPage, NOTICES_PATH } from '../../src/http/notices-page.ts';
import { generateTokenKey } from '../../src/lib/server/vault/key-ring.ts';
import { LANGUAGES } from '../../src/lib/domain/language.ts';
import { createServer, type Server } from 'node:http';
import { createMigratedDatabase } from '../support/database.ts';
import { openNoticeInbox, type NoticeInbox } from '../support/notice-inbox.ts';
import {
	createScriptedMailClient,
	SMTP_IS_OFF,
	type ScriptedMailClient,
} from '../support/scripted-mail-client.ts';
import type { VaultInstance } from '../support/vault-instance.ts';
import { connectMailbox, registerSite, type ConnectedSite } from '../support/vault-mailbox.ts';
import { insertTokens } from '../support/vault-many.ts';
import { openVaultWorld, type VaultWorld } from '../support/vault-world.ts';

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;
const OPERATOR = 'operator@helper.example';

let world: VaultWorld;
let inbox: NoticeInbox;
let mail: ScriptedMailClient;
let instance: VaultInstance;

beforeAll(async () => {
	world = await openVaultWorld(await createMigratedDatabase());
	inbox = await openNoticeInbox();
	mail = createScriptedMailClient();
	instance = openInstance();
});
beforeEach(async () => {
	world.clock.reset();
	inbox.mails.length = 0;
	inbox.refuse(undefined);
	await world.sql`truncate notices, notice_recipients, operator_notices, request_counts`;
	await world.sql`update stored_tokens set state = 'revoked', sealed_refresh_token = null`;
});
afterAll(async () => {
	await world.close();
	await inbox.stop();
});

function openInstance(
	more: Record<string, string> = {},
	mode: 'live' | 'practice' = 'live',
): VaultInstance {
	const notices = {
		NOTICES_SMTP: inbox.url,
		NOTICES_FROM: 'mail@helper.example',
		NOTICES_OPERATOR: OPERATOR,
	};
	return world.open({
		mode,
		mailClient: mail,
		environment: { ...world.environment, ...notices, ...more },
	});
}

async function change(site: ConnectedSite, options: Record<string, string>): Promise<void> {
	const none = { addMailDomains: [], removeMailDomains: [], addTenants: [], removeTenants: [] };
	await instance.app.changeSite(site.url, { ...none, ...options });
}

/** Everything that runs beside the requests, as often as said. */
async function live(ms: number, stepMs: number): Promise<void> {
	for (let passed = 0; passed < ms; passed += stepMs) {
		world.clock.advance(stepMs);
		await instance.app.keepAlive.recheckDue();
		await instance.app.keepAlive.settled();
		await instance.app.eventJobs.reportDue();
		await instance.app.noticeJobs.sendDue();
	}
}

const needSignIn = (identifier: string) =>
	instance.app.setPracticeState(identifier, 'sign_in_required');

const linkOf = (text: string) => /http:\/\/localhost:3000\/\S+link=\S+/.exec(text)?.[0];

describe('whoever signed in', () => {
	test('is told at once, after 3 days and after 14 that somebody must sign in again, then no more', async () => {
		const mailbox = await connectMailbox(world, instance);
		await needSignIn(mailbox.identifier);
		const begun = world.clock.now().getTime();
		const days: number[] = [];
		for (let passed = 0; passed <= 40 * day; passed += hour) {
			await instance.app.noticeJobs.sendDue();
			while (days.length < inbox.mails.length) {
				days.push((world.clock.now().getTime() - begun) / day);
			}
			world.clock.advance(hour);
		}
		expect(days).toEqual([0, 3, 14]);
		expect(inbox.mails.map(({ to }) => to)).toEqual(Array(3).fill(mailbox.address));
		const [first, second, last] = inbox.mails;
		expect(first?.subject).toBe(`${mailbox.address}: please sign in again`);
		expect(second?.subject).toBe(`Reminder: ${mailbox.address}: please sign in again`);
		expect(last?.text).toContain('This is the last reminder.');
	});

	test('gets text and simple HTML with one link to press, and nothing that reports back', async () => {
		const mailbox = await connectMailbox(world, instance);
		await world.sql`update stored_tokens set signed_in_as = 'anna@mycompany.com' where id = ${mailbox.number}`;
		await needSignIn(mailbox.identifier);
		await instance.app.noticeJobs.sendDue();
		const [{ text, html, headers, raw } = never()] = inbox.mails;
		const link = linkOf(text);
		expect(link).toBeDefined();
		expect(html).toContain(`href="${link}"`);
		expect(html.match(/href=/g)).toHaveLength(2);
		expect(html).not.toMatch(/<img|<script|url\(|https:\/\//);
		expect(text).toContain('Sign in as anna@mycompany.com.');
		expect(text).toContain(`Site ${mailbox.site.url.split('-')[1]} cannot use ${mailbox.address}`);
		const of = (name: string) => headers.get(name);
		expect(of('auto-submitted')).toBe('auto-generated');
		expect(of('list-id')).toMatch(/<notices\.localhost>$/);
		expect(of('list-unsubscribe-post')).toBe('List-Unsubscribe=One-Click');
		expect(of('list-unsubscribe')).toMatch(/^<http:\/\/localhost:3000\/notices\/test\.[\w-]{32}>$/);
		expect(raw).not.toContain(mailbox.identifier);
		expect(await world.leaks()).toEqual([]);
	});

	test('hears nothing when somebody signed in again before it was sent', async () => {
		const mailbox = await connectMailbox(world, instance);
		await needSignIn(mailbox.identifier);
		world.clock.advance(second);
		await mailbox.signInAgain();
		await live(20 * day, 6 * hour);
		expect(inbox.mails).toEqual([]);
	});

	test('gets one mail a day with all mailboxes in it, by one of three instances', async () => {
		const site = await registerSite(world, instance);
		await change(site, { noticesTo: 'it@elsewhere.example' });
		const boxes = [];
		for (let count = 0; count < 3; count += 1) {
			boxes.push(await connectMailbox(world, instance, { site }));
		}
		const three = [instance, openInstance(), openInstance()];
		const sendDue = () => Promise.all(three.map(({ app }) => app.noticeJobs.sendDue()));
		for (const { identifier } of boxes.slice(0, 2)) await needSignIn(identifier);
		await sendDue();
		expect(inbox.mails.map(({ to }) => to)).toEqual(['it@elsewhere.example']);
		for (const { address } of boxes.slice(0, 2)) expect(inbox.mails[0]?.text).toContain(address);
		await needSignIn(boxes[2]!.identifier);
		for (let passed = 0; passed < 23; passed += 1) {
			world.clock.advance(hour);
			await sendDue();
		}
		expect(inbox.mails).toHaveLength(1);
		world.clock.advance(hour);
		await sendDue();
		expect(inbox.mails).toHaveLength(2);
		expect(inbox.mails[1]?.text).toContain(boxes[2]!.address);
	});

	test('is not written to outside of the site’s domains, nor where the site wants none', async () => {
		const mailbox = await connectMailbox(world, instance);
		await world.sql`update stored_tokens set signed_in_as = 'guest@elsewhere.example' where id = ${mailbox.number}`;
		const other = await connectMailbox(world, instance);
		await change(other.site, { ownerMail: 'no' });
		await needSignIn(mailbox.identifier);
		await needSignIn(other.identifier);
		await live(day, 12 * hour);
		expect(inbox.mails).toEqual([]);
	});

	test('is told when a protocol stopped working for two looks in a row, with what to do', async () => {
		const mailbox = await connectMailbox(world, instance);
		mail.answer(mailbox.address, 'smtp', SMTP_IS_OFF);
		await live(9 * day, hour);
		expect(inbox.mails.map(({ subject }) => subject)).toEqual([
			`${mailbox.address}: SMTP stopped working`,
		]);
		const [{ text } = never()] = inbox.mails;
		expect(text).toContain(`Set-CASMailbox -Identity '${mailbox.address}'`);
		expect(text).toContain('http://localhost:3000/mailboxes');
	});

	test('is told 7 days and 1 day before a token ends that was never used', async () => {
		const mailbox = await connectMailbox(world, instance);
		await live(31 * day, 12 * hour);
		expect(inbox.mails).toHaveLength(2);
		for (const { subject } of inbox.mails) {
			expect(subject).toBe(`${mailbox.address}: an unused connection ends soon`);
		}
	});

	test.each(LANGUAGES)('is written to in the language of their sign-in: %s', async (language) => {
		const mailbox = await connectMailbox(world, instance);
		await world.sql`update stored_tokens set language = ${language} where id = ${mailbox.number}`;
		await needSignIn(mailbox.identifier);
		await instance.app.noticeJobs.sendDue();
		const [{ html, text, headers } = never()] = inbox.mails;
		expect(headers.get('content-language')).toBe(language === 'pt' ? 'pt-BR' : language);
		expect(html).toContain(`dir="${language === 'ar' ? 'rtl' : 'ltr'}"`);
		if (language !== 'en') expect(text).not.toMatch(/sign in again|You get this mail/);
		expect(text).not.toMatch(/undefined|\{\w+\}/);
	});
});

const ONE_CLICK = new URLSearchParams({ 'List-Unsubscribe': 'One-Click' });

describe('the link in a mail that ends them', () => {
	let server: Server;
	let base: string;
	beforeAll(async () => {
		const page = createNoticesPage(instance.app, []);
		server = createServer((request, response) => void page(request, response));
		await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
		const address = server.address();
		base = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
	});
	afterAll(() => void server.close());

	async function receiveOne() {
		const mailbox = await connectMailbox(world, instance);
		await needSignIn(mailbox.identifier);
		await instance.app.noticeJobs.sendDue();
		const link = /<([^<>]+)>/.exec(inbox.mails[0]?.headers.get('list-unsubscribe') ?? '')?.[1];
		return { mailbox, path: new URL(link ?? '').pathname };
	}

	test('needs no sign-in: a GET changes nothing, a POST of a mail program acts', async () => {
		const { mailbox, path } = await receiveOne();
		const shown = await fetch(base + path);
		expect(await shown.text()).toContain(`No more mails to ${mailbox.address}?`);
		expect(shown.headers.get('content-security-policy')).toContain("default-src 'none'");
		await live(3 * day, 12 * hour);
		expect(inbox.mails).toHaveLength(2);
		const done = await fetch(base + path, { method: 'POST', body: ONE_CLICK });
		expect(await done.text()).toContain(`No more mails are sent to ${mailbox.address}`);
		await live(14 * day, 12 * hour);
		expect(inbox.mails).toHaveLength(2);
	});

	test('can be taken back, and one that nobody made is none', async () => {
		const { mailbox, path } = await receiveOne();
		await fetch(base + path, { method: 'POST', body: ONE_CLICK });
		const again = await fetch(base + path, {
			method: 'POST',
			body: new URLSearchParams({ again: 'yes' }),
		});
		expect(await again.text()).toContain(`No more mails to ${mailbox.address}?`);
		await live(3 * day, 12 * hour);
		expect(inbox.mails).toHaveLength(2);
		await world.sql`insert into notice_recipients (id, address) overriding system value
			values (${mailbox.number}, 'by the number of the token')`;
		const renewal = new URL(linkOf(inbox.mails[0]!.text)!).searchParams.get('link');
		for (const opaque of [renewal, 'test.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA', 'x']) {
			expect((await fetch(`${base}${NOTICES_PATH}${opaque}`)).status).toBe(404);
			const posted = await fetch(`${base}${NOTICES_PATH}${opaque}`, {
				...{ method: 'POST', body: ONE_CLICK },
			});
			expect(posted.status).toBe(404);
		}
	});

	test('ends nothing by a post that does not say so, nor by another method', async () => {
		const { mailbox, path } = await receiveOne();
		const multipart = new FormData();
		multipart.set('List-Unsubscribe', 'One-Click');
		const tooLarge = new URLSearchParams({
			'List-Unsubscribe': 'One-Click',
			more: 'x'.repeat(5_000),
		});
		const statusOf = async (init: RequestInit) => (await fetch(base + path, init)).status;
		expect(await statusOf({ method: 'POST' })).toBe(400);
		expect(await statusOf({ method: 'POST', body: new URLSearchParams({ a: 'b' }) })).toBe(400);
		expect(await statusOf({ method: 'POST', body: '{"List-Unsubscribe":"One-Click"}' })).toBe(400);
		expect(await statusOf({ method: 'POST', body: tooLarge })).toBe(413);
		const put = await fetch(base + path, { method: 'PUT', body: ONE_CLICK });
		expect([put.status, put.headers.get('allow')]).toEqual([405, 'GET, HEAD, POST']);
		const still = await (await fetch(base + path)).text();
		expect(still).toContain(`No more mails to ${mailbox.address}?`);
		const done = await (await fetch(base + path, { method: 'POST', body: multipart })).text();
		expect(done).toContain(`No more mails are sent to ${mailbox.address}`);
	});
});

describe('the mail server', () => {
	test('gets 30 mails a minute at most from all instances', async () => {
		const tokens = await many(45, (n) => `tenant-${n}`);
		await needAll(tokens);
		const three = [instance, openInstance(), openInstance()];
		const sendDue = () => Promise.all(three.map(({ app }) => app.noticeJobs.sendDue()));
		await sendDue();
		world.clock.advance(30 * second);
		await sendDue();
		expect(inbox.mails).toHaveLength(30);
		world.clock.advance(31 * second);
		await sendDue();
		expect(inbox.mails).toHaveLength(45);
	});

	test('that takes nothing is asked again, by one mail; an address that it refuses for good is not', async () => {
		for (let count = 0; count < 3; count += 1) {
			const { identifier } = await connectMailbox(world, instance);
			await needSignIn(identifier);
		}
		let asked = 0;
		inbox.refuse(() => ((asked += 1), 451));
		await instance.app.noticeJobs.sendDue();
		inbox.refuse(undefined);
		expect([asked, inbox.mails.length]).toEqual([1, 0]);
		world.clock.advance(2 * minute);
		await instance.app.noticeJobs.sendDue();
		expect(inbox.mails).toHaveLength(3);
		const gone = await connectMailbox(world, instance);
		await needSignIn(gone.identifier);
		asked = 0;
		inbox.refuse(() => ((asked += 1), 550));
		await live(2 * day, hour);
		expect(asked).toBe(1);
	});
});

describe('the operator', () => {
	test('gets one mail in place of those to many owners of one organisation', async () => {
		const tokens = await many(25, () => 'one-tenant');
		await needAll(tokens);
		await live(2 * hour, minute);
		expect(inbox.mails.map(({ to }) => to)).toEqual([OPERATOR]);
		expect(inbox.mails[0]?.subject).toContain('25 mailboxes of mycompany.com stopped working');
	});

	test('is told of a protocol that many lost, and their owners when it lasts for three days', async () => {
		const owners: string[] = [];
		const site = await registerSite(world, instance);
		for (let count = 0; count < 12; count += 1) {
			const { address } = await connectMailbox(world, instance, { site });
			mail.answer(address, 'smtp', SMTP_IS_OFF);
			owners.push(address);
		}
		for (let looks = 0; looks < 2; looks += 1) {
			world.clock.advance(2 * hour);
			await world.sql`update stored_tokens set recheck_at = ${world.clock.now()} where state = 'active'`;
			for (let batch = 0; batch < 6; batch += 1) {
				await instance.app.keepAlive.recheckDue();
				await instance.app.keepAlive.settled();
				world.clock.advance(second);
			}
		}
		await live(3 * minute, minute);
		expect(inbox.mails.map(({ to }) => to)).toEqual([OPERATOR]);
		mail.answer(owners[0]!, 'smtp', undefined);
		await live(6 * day, hour);
		expect(inbox.mails[0]?.subject).toMatch(/1\d mailboxes of mycompany\.com stopped working/);
		expect(inbox.mails.map(({ to }) => to).toSorted()).toEqual(
			[OPERATOR, ...owners.slice(1)].toSorted(),
		);
	});

	test('is told once of each trouble that only an operator can mend', async () => {
		const ends = new Date(world.clock.now().getTime() + 40 * day).toISOString().slice(0, 10);
		const its = openInstance({ MICROSOFT_CLIENT_SECRET_EXPIRES: ends });
		const subjects: string[] = [];
		for (let passed = 0; passed < 45; passed += 1) {
			await its.app.noticeJobs.watch();
			await its.app.noticeJobs.sendDue();
			world.clock.advance(day / 2);
			await its.app.noticeJobs.watch();
			await its.app.noticeJobs.sendDue();
			world.clock.advance(day / 2);
			subjects.push(...inbox.mails.splice(0).map(({ subject }) => subject));
		}
		expect(subjects.map((subject) => subject.split(': ')[1])).toEqual([
			'The client secret ends within 30 days',
			'The client secret ends within 7 days',
			'The client secret ends within a day',
			'The client secret has ended',
		]);
	});

	test('hears at once that Microsoft refuses the helper itself, and no owner does', async () => {
		const mailbox = await connectMailbox(world, instance);
		const refused = world.open({
			fetch: () =>
				Promise.resolve(
					Response.json(
						{
							error: 'invalid_client',
							error_description: 'AADSTS7000222: expired',
							error_codes: [7000222],
						},
						{ status: 401 },
					),
				),
			environment: {
				...world.environment,
				NOTICES_SMTP: inbox.url,
				NOTICES_FROM: 'm@helper.example',
				NOTICES_OPERATOR: OPERATOR,
			},
		});
		await mailbox.setLife(-1);
		await mailbox.resolve(undefined, refused);
		for (let count = 0; count < 3; count += 1) {
			await refused.app.noticeJobs.watch();
			await refused.app.noticeJobs.sendDue();
			world.clock.advance(hour);
		}
		expect(inbox.mails.map(({ to, subject }) => `${to} ${subject}`)).toEqual([
			`${OPERATOR} Mailkey at localhost:3000: Microsoft refuses this helper`,
		]);
		expect(inbox.mails[0]?.text).toContain('AADSTS7000222');
	});

	// The last one: it leaves a value that no other instance opens.
	test('hears of a webhook that was given up, and of a key that is missing', async () => {
		const gone = createServer((_request, response) => response.writeHead(410).end());
		await new Promise<void>((resolve) => gone.listen(0, '127.0.0.1', resolve));
		const address = gone.address();
		const url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/`;
		const its = openInstance({ TOKEN_KEYS: generateTokenKey('other') }, 'practice');
		const mailbox = await connectMailbox(world, instance);
		const none = { addMailDomains: [], removeMailDomains: [], addTenants: [], removeTenants: [] };
		await its.app.changeSite(mailbox.site.url, { ...none, webhookUrl: url });
		await instance.app.revokeByOperator(
			(await connectMailbox(world, instance, mailbox)).identifier,
		);
		for (let count = 0; count < 2; count += 1) {
			await its.app.eventJobs.deliverDue();
			await its.app.eventJobs.settled();
			await its.app.noticeJobs.watch();
			await its.app.noticeJobs.sendDue();
			world.clock.advance(hour);
		}
		gone.close();
		expect(inbox.mails.map(({ to }) => to)).toEqual([OPERATOR]);
		expect(inbox.mails[0]?.text).toContain(`The webhook of ${mailbox.site.url} was given up`);
		expect(inbox.mails[0]?.text).toContain('The key test is missing from TOKEN_KEYS');
	});
});

async function many(count: number, tenantOf: (n: number) => string) {
	const { id: siteId } = await registerSite(world, instance);
	const tokenKeys = world.environment['TOKEN_KEYS']!;
	const { ids } = await insertTokens(world.sql, {
		siteId,
		count,
		tokenKeys,
		at: world.clock.now(),
	});
	for (const [n, id] of ids.entries()) {
		await world.sql`update stored_tokens set tenant_id = ${tenantOf(n)} where id = ${id}`;
	}
	return ids;
}

async function needAll(ids: readonly number[]): Promise<void> {
	const rows = await world.sql<{ id: string; mailbox: string }[]>`
		select id, mailbox from stored_tokens where id = any(${ids.map(String)}::bigint[])`;
	for (const { id, mailbox } of rows) await needSignIn(`ExternalOAuthToken:${id}:${mailbox}`);
}

function never(): never {
	throw new Error('no mail came');
}
