// Where notices go out, as the operator names it, and the mail itself as text that nobody else's name can change.

import { X509Certificate } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { OperatorNoticeKind } from '../../src/lib/domain/notice.ts';
import { composeOperatorNotice } from '../../src/lib/server/notices/compose-operator-notice.ts';
import { renderHtml, renderText, type MailBody } from '../../src/lib/server/notices/render-mail.ts';
import { certificateEnd } from '../../src/lib/server/microsoft/client-credential.ts';
import { makePracticeCertificate } from '../../src/practice/certificate.ts';
import { readDay, readNotices } from '../../src/lib/server/settings/notices.ts';
import { createReader } from '../../src/lib/server/settings/reader.ts';

function read(environment: Record<string, string>) {
	const reader = createReader(environment, '/');
	return { settings: readNotices(reader), faults: reader.faults };
}

const NOTICES_FROM = 'mail@helper.example';

describe('NOTICES_SMTP', () => {
	test.each([
		['smtp://u:p%40ss@mail.example:2525', 'mail.example', 2525, 'starttls', 'p@ss'],
		['smtp://u:p@mail.example', 'mail.example', 587, 'starttls', 'p'],
		['smtps://u:p@mail.example', 'mail.example', 465, 'tls', 'p'],
		['smtp://127.0.0.1:25', '127.0.0.1', 25, 'starttls_if_offered', undefined],
	])('%s is understood', (url, host, port, security, password) => {
		const { settings, faults } = read({ NOTICES_SMTP: url, NOTICES_FROM });
		expect(faults).toEqual([]);
		expect(settings).toMatchObject({ server: { host, port, security }, from: NOTICES_FROM });
		expect(settings?.server.auth?.password).toBe(password);
	});

	test('whose user is an address is the sender where no other is named', () => {
		const { settings } = read({ NOTICES_SMTP: 'smtp://a%40b.example:p@mail.example' });
		expect(settings?.from).toBe('a@b.example');
	});

	test.each([
		['https://mail.example'],
		['smtp://'],
		['smtp://user@mail.example'],
		['smtp://:secret@mail.example'],
		['smtp://u:secret@mail.example/path'],
		['smtp://u:secret%@mail.example'],
	])('%s is refused, without its password', (url) => {
		const { settings, faults } = read({ NOTICES_SMTP: url, NOTICES_FROM });
		expect(settings).toBeUndefined();
		expect(faults).toHaveLength(1);
		expect(faults[0]).toMatch(/^NOTICES_SMTP must be a URL of the form smtp:\/\//);
		expect(faults[0]).not.toContain('secret');
	});

	test('is needed for what goes with it, and needs a sender', () => {
		expect(read({ NOTICES_FROM }).faults).toEqual([
			'NOTICES_FROM is set without NOTICES_SMTP: nothing would be sent.',
		]);
		expect(read({ NOTICES_SMTP: 'smtp://mail.example' }).faults).toEqual([
			'NOTICES_FROM is missing: the address that notices are sent from.',
		]);
		const both = { NOTICES_SMTP: 'smtp://mail.example', NOTICES_FROM, NOTICES_OPERATOR: 'me' };
		expect(read(both).faults).toEqual(['NOTICES_OPERATOR must be an email address.']);
		expect(read({}).settings).toBeUndefined();
	});
});

test('when a certificate ends is read from its file as it is then', async () => {
	const { certificate, privateKey } = makePracticeCertificate(new Date(), ['localhost']);
	const folder = await mkdtemp(join(tmpdir(), 'mailkey-certificate-'));
	const file = join(folder, 'client.pem');
	await writeFile(file, privateKey + certificate);
	const at = new Date(new X509Certificate(certificate).validTo);
	expect(await certificateEnd(file)).toEqual({ kind: 'certificate', at });
	await rm(folder, { recursive: true });
});

test.each([
	['2027-05-01', '2027-05-02T00:00:00.000Z', []],
	['2027-02-30', undefined, ['X must be a day such as 2027-05-01.']],
	['May 2027', undefined, ['X must be a day such as 2027-05-01.']],
])('the day %s', (text, at, faults) => {
	const reader = createReader({ X: text }, '/');
	expect(readDay(reader, 'X')?.toISOString()).toBe(at);
	expect(reader.faults).toEqual(faults);
});

const hostile = '<a href="https://evil.example">"&\'';
const body: MailBody = {
	language: 'en',
	subject: hostile,
	hello: 'Hello,',
	sections: [
		{
			title: hostile,
			paragraphs: [hostile],
			link: { text: hostile, url: 'https://helper.example/?link="><script>' },
			after: [],
		},
	],
	further: hostile,
	why: hostile,
	unsubscribe: { text: hostile, url: 'https://helper.example/notices/x' },
};

test('whatever a name holds is text in the HTML, and adds no link', () => {
	const html = renderHtml(body);
	const links = [...html.matchAll(/<a [^>]*href="([^"]*)"/g)].map(([, url]) => url);
	expect(links).toEqual([
		'https://helper.example/?link=&quot;&gt;&lt;script&gt;',
		'https://helper.example/notices/x',
	]);
	expect(html).not.toContain('<script');
	expect(html).toContain('<p>&lt;a href=');
	expect(renderText(body)).toContain(hostile);
});

const OPERATOR_MAILS: Record<
	OperatorNoticeKind,
	[details: Record<string, string | number>, title: string]
> = {
	credential_refused: [
		{ reason: 'The client secret has expired.', code: 'AADSTS7000222' },
		'Microsoft refuses this helper',
	],
	certificate_ends: [{ day: '2027-05-01', days: 7 }, 'The client certificate ends within 7 days'],
	secret_ends: [{ day: '2027-05-01', days: 0 }, 'The client secret has ended'],
	keys_missing: [{ id: 'k1', count: 12 }, 'The key k1 is missing from TOKEN_KEYS'],
	keep_alive_behind: [{ days: 9 }, 'Tokens are not refreshed in time'],
	webhook_given_up: [
		{ site: 'https://s.example' },
		'The webhook of https://s.example was given up',
	],
	many_mailboxes: [
		{ who: 'mycompany.com', count: 25 },
		'25 mailboxes of mycompany.com stopped working within an hour',
	],
};

test.each(Object.entries(OPERATOR_MAILS))(
	'the operator reads what happened, what ends and what to do: %s',
	(kind, [details, title]) => {
		const notice = {
			...{ key: 'k', details, firstSeenAt: new Date(0), tries: 0 },
			kind: parseKind(kind),
		};
		const mail = composeOperatorNotice('Mailkey', 'https://helper.example', [notice]);
		expect(mail.subject).toBe(`Mailkey: ${title}`);
		const text = renderText(mail);
		expect(text).toContain('First seen: 1970-01-01 00:00 UTC');
		for (const value of Object.values(details))
			if (value !== 0) expect(text).toContain(String(value));
		expect(text).not.toMatch(/undefined|NaN/);
		expect(renderHtml(mail).match(/class="button"/g)).toHaveLength(1);
	},
);

function parseKind(key: string): OperatorNoticeKind {
	return key as OperatorNoticeKind;
}
