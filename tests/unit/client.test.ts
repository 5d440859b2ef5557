// The client library: one request for many callers, an error for each thing that is to be done, webhooks that hold.

import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import {
	createClient,
	InvalidSiteKeyError,
	MailkeyError,
	SignInRequiredError,
	TooManyRequestsError,
	UnavailableError,
	UnknownIdentifierError,
	UnknownLinkError,
} from '../../src/client/client.ts';
import { verifyWebhook } from '../../src/client/webhooks.ts';

const IDENTIFIER = 'ExternalOAuthToken:482913067351824:equis@mycompany.com';
const START = Date.parse('2026-11-26T10:00:00Z');

type Sent = { url: string; init: RequestInit | undefined };

/** A helper that answers what `answer` says, and a clock that is moved by hand. */
function openClient(answer: () => Response | Promise<Response>) {
	const sent: Sent[] = [];
	const clock = { at: START };
	const client = createClient({
		helper: 'https://helper.example.com',
		siteKey: 'mksite_key',
		now: () => clock.at,
		fetch: async (input, init) => {
			sent.push({ url: String(input instanceof Request ? input.url : input), init });
			return answer();
		},
	});
	return { client, sent, clock };
}

const login = (token: string, seconds = 3600) => {
	const server = { host: 'outlook.office365.com', port: 993, security: 'tls', user: 'u' };
	return Response.json({
		access_token: token,
		token_type: 'Bearer',
		expires_at: new Date(START + seconds * 1000).toISOString(),
		mailbox: 'equis@mycompany.com',
		imap: { ...server, xoauth2: 'dXNlcg==' },
	});
};

describe('resolve', () => {
	test('is one request for many callers, and none while the answer lives', async () => {
		let count = 0;
		const { client, sent, clock } = openClient(() => login(`token ${(count += 1)}`));
		const logins = await Promise.all(Array.from({ length: 100 }, () => client.resolve(IDENTIFIER)));
		expect(new Set(logins.map(({ accessToken }) => accessToken))).toEqual(new Set(['token 1']));
		expect(logins[0]?.imap).toMatchObject({ port: 993, security: 'tls', xoauth2: 'dXNlcg==' });
		await client.resolve(IDENTIFIER);
		expect(sent).toHaveLength(1);
		expect(sent[0]?.init?.headers).toMatchObject({ authorization: 'Bearer mksite_key' });
		clock.at += 3_301_000;
		expect((await client.resolve(IDENTIFIER)).accessToken).toBe('token 2');
	});

	test('asks again for a fresh one, for a longer life, and after it was told to forget', async () => {
		const { client, sent } = openClient(() => login('token', 600));
		await client.resolve(IDENTIFIER);
		await client.resolve(IDENTIFIER, { minTtlSeconds: 900 });
		await client.resolve(IDENTIFIER, { fresh: true });
		client.forget(IDENTIFIER);
		await client.resolve(IDENTIFIER);
		expect(sent).toHaveLength(4);
		expect(sent[1]?.init?.body).toBe(JSON.stringify({ identifier: IDENTIFIER, min_ttl: 900 }));
	});

	test('keeps nothing of a refusal, and drops what was kept before it', async () => {
		const answers = [login('token'), fault(404, 'unknown_identifier'), login('other')];
		const { client } = openClient(() => answers.shift() ?? Response.error());
		await client.resolve(IDENTIFIER);
		await expect(client.resolve(IDENTIFIER, { fresh: true })).rejects.toThrow();
		expect((await client.resolve(IDENTIFIER)).accessToken).toBe('other');
	});

	test.each([
		[401, 'invalid_site_key', InvalidSiteKeyError, {}],
		[404, 'unknown_identifier', UnknownIdentifierError, {}],
		[404, 'unknown_link', UnknownLinkError, {}],
		[409, 'sign_in_required', SignInRequiredError, { signInUrl: 'https://helper/x' }],
		[422, 'invalid_input', MailkeyError, {}],
		[429, 'too_many_requests', TooManyRequestsError, { retryAfterMs: 7000 }],
		[503, 'temporarily_unavailable', UnavailableError, { retryAfterMs: 7000 }],
		[500, 'internal_error', UnavailableError, { retryAfterMs: 7000 }],
	])('%i %s is an error of its own', async (status, code, kind, more) => {
		const { client } = openClient(() => fault(status, code));
		const error: unknown = await client.resolve(IDENTIFIER).catch((thrown: unknown) => thrown);
		expect(error).toBeInstanceOf(kind);
		expect(error).toMatchObject({ status, code, message: 'In words.', ...more });
	});

	test.each<[string, () => Response | Promise<Response>]>([
		['no answer', () => Promise.reject(new TypeError('fetch failed'))],
		['a proxy’s page', () => new Response('<html>', { status: 502 })],
	])('%s is tried again later', async (_, answer) => {
		const { client } = openClient(answer);
		await expect(client.resolve(IDENTIFIER)).rejects.toBeInstanceOf(UnavailableError);
	});
});

test('a connect link is made and completed by the paths of the contract', async () => {
	const answers = [
		Response.json({ id: 'a b', url: 'https://helper/?link=x', expires_at: '2026-11-27T10:00:00Z' }),
		Response.json({ identifier: IDENTIFIER, mailbox: 'm', signed_in_as: 's', checks: {} }),
		new Response(null, { status: 204 }),
	];
	const { client, sent } = openClient(() => answers.shift() ?? Response.error());
	const { id } = await client.createConnectLink({ returnUrl: 'https://site/back', state: 's' });
	const connected = await client.completeConnectLink(id, 'code');
	expect(connected).toEqual({ identifier: IDENTIFIER, mailbox: 'm', signedInAs: 's' });
	await client.cancelConnectLink(id);
	const base = 'https://helper.example.com/api/v1/connect-links';
	expect(sent.map(({ url, init }) => `${init?.method} ${url}`)).toEqual([
		`POST ${base}`,
		`POST ${base}/a%20b/complete`,
		`DELETE ${base}/a%20b`,
	]);
	expect(sent[0]?.init?.body).toBe('{"return_url":"https://site/back","state":"s"}');
});

describe('a webhook', () => {
	const secret = `whsec_${Buffer.from('a secret of 24 octets ..').toString('base64')}`;
	const other = `whsec_${Buffer.from('another, of 24 octets ..').toString('base64')}`;
	const body = JSON.stringify({
		type: 'mailbox.connected',
		timestamp: '2026-11-26T10:00:00Z',
		data: { identifier: IDENTIFIER },
	});
	const seconds = START / 1000;
	const sign = (by: string, at = seconds, text = body) => {
		const key = Buffer.from(by.slice(6), 'base64');
		return `v1,${createHmac('sha256', key).update(`msg_1.${at}.${text}`).digest('base64')}`;
	};
	const headers = (signature: string, at = seconds) => ({
		'webhook-id': 'msg_1',
		'webhook-timestamp': String(at),
		'webhook-signature': signature,
	});
	const now = () => START;

	test('of ours is taken, also while two secrets sign', () => {
		const event = { id: 'msg_1', type: 'mailbox.connected', data: { identifier: IDENTIFIER } };
		expect(verifyWebhook(secret, headers(sign(secret)), body, { now })).toMatchObject(event);
		const both = headers(`${sign(other)} ${sign(secret)}`);
		expect(verifyWebhook(secret, both, Buffer.from(body), { now })).toMatchObject(event);
		expect(verifyWebhook([other, secret], headers(sign(secret)), body, { now })).toMatchObject(
			event,
		);
	});

	/** By the specification's own example. */
	test('is signed as Standard Webhooks does', () => {
		const given = {
			'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
			'webhook-timestamp': '1614265330',
			'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
		};
		const event = verifyWebhook(
			'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
			given,
			'{"test": 2432232314}',
			{ now: () => 1_614_265_330_000 },
		);
		expect(event.id).toBe('msg_p5jXN8AQM9LWM0D4loKWxJek');
	});

	test.each([
		['of a wrong secret', headers(sign(other)), body, 'wrong_signature'],
		['with a changed body', headers(sign(secret)), `${body} `, 'wrong_signature'],
		[
			'with a later timestamp than it was signed with',
			headers(sign(secret), seconds + 1),
			body,
			'wrong_signature',
		],
		['that is old', headers(sign(secret, seconds - 301), seconds - 301), body, 'too_old'],
		['from the future', headers(sign(secret, seconds + 301), seconds + 301), body, 'too_old'],
		[
			'without a signature',
			{ ...headers(''), 'webhook-signature': undefined },
			body,
			'wrong_signature',
		],
		['without an id', { ...headers(sign(secret)), 'webhook-id': undefined }, body, 'malformed'],
		['that is no JSON', headers(sign(secret, seconds, '<')), '<', 'malformed'],
	])('%s is refused', (_, given, text, reason) => {
		expect(() => verifyWebhook(secret, given, text, { now })).toThrow(
			expect.objectContaining({ reason }) as Error,
		);
	});
});

function fault(status: number, error: string): Response {
	const body = { error, message: 'In words.', sign_in_url: 'https://helper/x' };
	return Response.json(body, { status, headers: { 'retry-after': '7' } });
}
