// What the developer of a mail engine has in practice mode: identifiers, states and mail without a browser.

import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ImapFlow } from 'imapflow';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPracticeHelper, type PracticeHelper } from '../support/practice-helper.ts';
import type { Resolved } from '../../src/lib/server/tokens/resolve-identifier.ts';

const MAILBOX = 'equis@mycompany.com';

let its: PracticeHelper;
let madeBeforeTheStart: Awaited<ReturnType<PracticeHelper['connect']>>;

beforeAll(async () => {
	its = await createPracticeHelper();
	madeBeforeTheStart = await its.connect(MAILBOX);
	await its.start();
}, 120_000);

afterAll(() => its.stop());

async function resolve({ key, identifier }: { key: string; identifier: string }) {
	const response = await fetch(`${its.origin}/api/v1/resolve`, {
		method: 'POST',
		headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
		body: JSON.stringify({ identifier }),
	});
	const body = (await response.json()) as Resolved;
	return { status: response.status, headers: response.headers, body };
}

describe('mailkey practice', () => {
	test('connect makes an identifier that resolves, the same whether the helper runs or not', async () => {
		expect(await its.connect(MAILBOX)).toEqual(madeBeforeTheStart);
		const { status, body } = await resolve(madeBeforeTheStart);
		expect([status, body.mailbox]).toEqual([200, MAILBOX]);
		const other = await its.connect('other@mycompany.com');
		expect(other.key).toBe(madeBeforeTheStart.key);
		expect(other.identifier).toMatch(/^ExternalOAuthToken:\d{15}:other@mycompany\.com$/);
	});

	test('connect says what the page would say', async () => {
		const connect = (mailbox: string) => its.mailkey(['practice', 'connect', mailbox]);
		const saying = (text: string) => ({ code: 1, stderr: `${text}\n` });
		await expect(connect('sam@othercompany.com')).rejects.toMatchObject(
			saying('The practice site takes mailboxes of mycompany.com alone.'),
		);
		await expect(connect('somebody')).rejects.toMatchObject(
			saying('"somebody" is no email address.'),
		);
	});

	test('set puts it into each state, as resolve and the list of tokens see it', async () => {
		const mailbox = await its.connect('states@mycompany.com');
		const set = (state: string) =>
			its.mailkey(['practice', 'set', mailbox.identifier, state, '--json']);
		const seen: unknown[] = [];
		for (const state of ['degraded', 'sign_in_required', 'active']) {
			const { status } = JSON.parse(await set(state)) as { status: string };
			expect(status).toBe(state);
			const answer = await resolve(mailbox);
			seen.push([state, answer.status]);
			if (answer.status === 503)
				expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
		}
		expect(seen).toEqual([
			['degraded', 503],
			['sign_in_required', 409],
			['active', 200],
		]);
		await set('sign_in_required');
		expect(await its.connect('states@mycompany.com')).toEqual(mailbox);
		expect((await resolve(mailbox)).status).toBe(200);
		await set('revoked');
		expect((await resolve(mailbox)).status).toBe(404);
		await expect(set('active')).rejects.toMatchObject({
			stderr: expect.stringContaining('is revoked, which is for good') as string,
		});
		await expect(set('broken')).rejects.toMatchObject({ code: 2 });
	});

	test('deliver puts a message into the INBOX, where IMAP finds it', async () => {
		const mailbox = await its.connect('inbox@mycompany.com');
		const file = join(its.folder, 'message.eml');
		await writeFile(file, 'Subject: from outside\n\n.\nHello\n');
		await its.mailkey(['practice', 'deliver', 'inbox@mycompany.com', file]);
		const { imap, access_token: accessToken } = (await resolve(mailbox)).body;
		if (!imap) throw new Error('IMAP was not granted');
		const client = new ImapFlow({
			host: imap.host,
			port: imap.port,
			secure: imap.security === 'tls',
			auth: { user: imap.user, accessToken },
			tls: { ca: await readFile(its.authorityFile, 'utf8') },
			logger: false,
		});
		await client.connect();
		await client.mailboxOpen('INBOX');
		const { source } = (await client.fetchOne('*', { source: true })) || {};
		await client.logout();
		expect(source?.toString()).toBe('Subject: from outside\r\n\r\n.\r\nHello\r\n');
		await expect(
			its.mailkey(['practice', 'deliver', 'a@elsewhere.example', file]),
		).rejects.toMatchObject({ stderr: expect.stringContaining('Recipient not found') as string });
	});

	test('is refused where the helper is configured for the real Microsoft', async () => {
		const live = {
			ORIGIN: 'https://mail.example.com',
			DATABASE_URL: 'postgres://127.0.0.1:9/none',
			MICROSOFT_CLIENT_ID: 'a7c1e0b4-3f52-4d86-9b17-60d2f8c5e931',
			MICROSOFT_CLIENT_SECRET: 'secret',
			TOKEN_KEYS: `k:${randomBytes(32).toString('base64')}`,
		};
		await expect(its.mailkey(['practice', 'connect', MAILBOX], live)).rejects.toMatchObject({
			code: 1,
			stderr: expect.stringContaining('is for practice mode') as string,
		});
	});
});
