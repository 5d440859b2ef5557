// What the client library promises, for its source (tests/unit/client.test.ts) and for the package as it is installed
// (tests/flows/developers.test.ts) alike: one request for many callers, and an error for each thing that is to be done.

import { describe, expect, test } from 'vitest';

export type ClientModule = typeof import('../../src/client/client.ts');
type ErrorName = Extract<keyof ClientModule, `${string}Error`>;

export const IDENTIFIER = 'ExternalOAuthToken:482913067351824:equis@mycompany.com';
export const START = Date.parse('2026-11-26T10:00:00Z');
const HELPER = 'https://helper.example.com';

type Sent = { url: string; init: RequestInit | undefined };
type Answer = () => Response | Promise<Response>;

/** `load` is asked in each test: the package is installed after the tests are named. */
export function testClient(load: () => ClientModule): void {
	/** A helper that answers what `answer` says, and a clock that is moved by hand. */
	function openClient(answer: Answer) {
		const sent: Sent[] = [];
		const clock = { at: START };
		const client = load().createClient({
			helper: HELPER,
			siteKey: 'mksite_key',
			now: () => clock.at,
			fetch: async (input, init) => {
				sent.push({ url: String(input instanceof Request ? input.url : input), init });
				return answer();
			},
		});
		return { client, sent, clock };
	}
	/** One answer after the other. */
	const openClientInTurn = (...answers: Answer[]) =>
		openClient(() => (answers.shift() ?? Response.error)());

	async function errorOf(promise: Promise<unknown>): Promise<unknown> {
		return promise.then(
			() => 'no error',
			(error: unknown) => error,
		);
	}

	describe('resolve', () => {
		test('is one request for many callers, and none while the answer lives', async () => {
			let count = 0;
			const { client, sent, clock } = openClient(() => login(`token ${(count += 1)}`));
			const logins = await Promise.all(
				Array.from({ length: 100 }, () => client.resolve(IDENTIFIER)),
			);
			expect(new Set(logins.map(({ accessToken }) => accessToken))).toEqual(new Set(['token 1']));
			expect(logins[0]?.imap).toMatchObject({ port: 993, security: 'tls', xoauth2: 'dXNlcg==' });
			await client.resolve(IDENTIFIER);
			expect(sent).toHaveLength(1);
			expect(sent[0]?.init?.headers).toMatchObject({ authorization: 'Bearer mksite_key' });
			clock.at += 3_301_000;
			expect((await client.resolve(IDENTIFIER)).accessToken).toBe('token 2');
		});

		test('of many mailboxes at once has at most fifty requests open', async () => {
			let open = 0;
			let most = 0;
			const { client, sent } = openClient(async () => {
				most = Math.max(most, (open += 1));
				await new Promise((resolve) => setImmediate(resolve));
				open -= 1;
				return sent.length % 7 === 0 ? fault(503, 'temporarily_unavailable') : login('token');
			});
			const answers = await Promise.allSettled(
				Array.from({ length: 400 }, (_, index) => client.resolve(`ExternalOAuthToken:${index}:m`)),
			);
			expect({ most, sent: sent.length, answers: answers.length }).toEqual({
				most: 50,
				sent: 400,
				answers: 400,
			});
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

		test('a fresh one that is not to be had leaves nothing of the refused token', async () => {
			const { client } = openClientInTurn(
				() => login('refused'),
				() => fault(503, 'temporarily_unavailable'),
				() => login('other'),
			);
			await client.resolve(IDENTIFIER);
			expect(await errorOf(client.resolve(IDENTIFIER, { fresh: true }))).toBeInstanceOf(
				load().UnavailableError,
			);
			expect((await client.resolve(IDENTIFIER)).accessToken).toBe('other');
		});

		test.each([
			['unknown_identifier', 404, 'other'],
			['sign_in_required', 409, 'other'],
			['too_many_requests', 429, 'token'],
			['invalid_input', 422, 'token'],
			['temporarily_unavailable', 503, 'token'],
		])('after %s the kept one is gone only if it is over', async (code, status, then) => {
			const { client } = openClientInTurn(
				() => login('token', 1200),
				() => fault(status, code),
				() => login('other'),
			);
			await client.resolve(IDENTIFIER);
			await errorOf(client.resolve(IDENTIFIER, { minTtlSeconds: 3000 }));
			expect((await client.resolve(IDENTIFIER)).accessToken).toBe(then);
		});

		test('while the helper does not answer, the token that still lives is served', async () => {
			const { client, clock } = openClientInTurn(
				() => login('token', 600),
				() => fault(503, 'temporarily_unavailable'),
				() => Promise.reject(new TypeError('fetch failed')),
				() => fault(503, 'temporarily_unavailable'),
			);
			await client.resolve(IDENTIFIER);
			clock.at += 400_000;
			for (const time of ['a 503', 'no answer']) {
				expect((await client.resolve(IDENTIFIER)).accessToken, time).toBe('token');
			}
			clock.at += 150_000;
			expect(await errorOf(client.resolve(IDENTIFIER))).toBeInstanceOf(load().UnavailableError);
		});

		test('what was forgotten while it was asked for is not kept', async () => {
			const { client, sent } = openClient(() => login(`token ${sent.length}`));
			const first = client.resolve(IDENTIFIER);
			client.forget(IDENTIFIER);
			expect((await first).accessToken).toBe('token 1');
			expect((await client.resolve(IDENTIFIER)).accessToken).toBe('token 2');
		});

		test('a fresh one waits for no older question, and its answer is the one that is kept', async () => {
			const answers: ((response: Response) => void)[] = [];
			const { client } = openClient(() => new Promise((resolve) => answers.push(resolve)));
			const old = client.resolve(IDENTIFIER);
			const fresh = [1, 2].map(() => client.resolve(IDENTIFIER, { fresh: true }));
			await expect.poll(() => answers.length).toBe(2);
			answers[1]?.(login('fresh'));
			const tokens = (await Promise.all(fresh)).map(({ accessToken }) => accessToken);
			expect(tokens).toEqual(['fresh', 'fresh']);
			answers[0]?.(login('old'));
			expect((await old).accessToken).toBe('old');
			expect((await client.resolve(IDENTIFIER)).accessToken).toBe('fresh');
		});

		test('what one caller changes in its login is not what the next one gets', async () => {
			const { client } = openClient(() => login('token'));
			const [one, other] = await Promise.all([1, 2].map(() => client.resolve(IDENTIFIER)));
			for (const mine of [one, other]) if (mine?.imap) mine.imap.host = 'changed';
			expect((await client.resolve(IDENTIFIER)).imap?.host).toBe('outlook.office365.com');
		});

		test.each<[number, string, ErrorName, object]>([
			[401, 'invalid_site_key', 'InvalidSiteKeyError', {}],
			[404, 'unknown_identifier', 'UnknownIdentifierError', {}],
			[404, 'unknown_link', 'UnknownLinkError', {}],
			[
				409,
				'sign_in_required',
				'SignInRequiredError',
				{
					signInUrl: 'https://helper/x',
					problem: {
						who: 'operator',
						title: 'T',
						code: 'c',
						explanation: 'E',
						nextStep: 'N',
					},
				},
			],
			[409, 'not_returned', 'MailkeyError', {}],
			[422, 'invalid_input', 'InvalidInputError', { fields: { min_ttl: 'too long' } }],
			[429, 'too_many_requests', 'TooManyRequestsError', { retryAfterMs: 7000 }],
			[503, 'temporarily_unavailable', 'UnavailableError', { retryAfterMs: 7000 }],
			[500, 'internal_error', 'UnavailableError', { retryAfterMs: 7000 }],
			[408, 'request_timeout', 'UnavailableError', { retryAfterMs: 7000 }],
		])('%i %s is an error of its own', async (status, code, name, more) => {
			const { client } = openClient(() =>
				fault(status, code, status !== 409 || code === 'sign_in_required'),
			);
			const error = await errorOf(client.resolve(IDENTIFIER));
			expect(error).toBeInstanceOf(load()[name]);
			expect(error).toMatchObject({ name, status, code, message: 'In words.', ...more });
		});

		const cut = () =>
			new ReadableStream({
				start(stream) {
					stream.enqueue(new TextEncoder().encode('{"access_token":"half'));
					stream.error(new TypeError('terminated'));
				},
			});
		test.each<[string, Answer, number]>([
			['no answer', () => Promise.reject(new TypeError('fetch failed')), 0],
			['a proxy’s page', () => new Response('<html>', { status: 502 }), 502],
			['a proxy’s page that says 200', () => new Response('<html>'), 200],
			['an answer that is cut off', () => new Response(cut()), 200],
			['an answer without a token', () => Response.json({ mailbox: 'm' }), 200],
		])('%s is tried again later', async (_, answer, status) => {
			const { client } = openClient(answer);
			const error = await errorOf(client.resolve(IDENTIFIER));
			expect(error).toBeInstanceOf(load().UnavailableError);
			expect(error).toMatchObject({ status, retryAfterMs: 5000 });
		});

		test.each([
			['7', 7000],
			['-5', 1000],
			['0', 1000],
			['Infinity', 3_600_000],
			['Thu, 26 Nov 2026 10:00:30 GMT', 30_000],
			['soon', 5000],
			['', 5000],
		])('a Retry-After of "%s" is %i ms', async (value, retryAfterMs) => {
			const { client } = openClient(() => fault(503, 'busy', true, value));
			expect(await errorOf(client.resolve(IDENTIFIER))).toMatchObject({ retryAfterMs });
		});

		test.each([-1, 3001, Number.NaN, '5'])(
			'for %j more seconds is a fault at once, also where an answer is kept',
			async (seconds) => {
				const { client, sent } = openClient(() => login('token'));
				await client.resolve(IDENTIFIER);
				const error = await errorOf(
					client.resolve(IDENTIFIER, { minTtlSeconds: seconds as number }),
				);
				expect(error).toBeInstanceOf(load().InvalidInputError);
				expect(error).toMatchObject({ fields: { min_ttl: expect.any(String) as string } });
				expect(sent).toHaveLength(1);
			},
		);

		test('an answer without end is read no further than a megabyte', async () => {
			let pulled = 0;
			const endless = new ReadableStream<Uint8Array>({
				pull: (controller) => {
					pulled += 1;
					if (pulled > 1000) return controller.close();
					controller.enqueue(new Uint8Array(65_536).fill(32));
				},
			});
			const { client } = openClient(() => new Response(endless));
			expect(await errorOf(client.resolve(IDENTIFIER))).toBeInstanceOf(load().UnavailableError);
			expect(pulled).toBeLessThan(20);
		});

		test('a redirect is named, and not followed with the key', async () => {
			const { client, sent } = openClient(
				() => new Response(null, { status: 301, headers: { location: 'https://new.example/a?b' } }),
			);
			const error = await errorOf(client.resolve(IDENTIFIER));
			expect(error).not.toBeInstanceOf(load().TryLaterError);
			expect(error).toMatchObject({
				status: 301,
				code: 'redirected',
				message: expect.stringContaining('to https://new.example, and') as string,
			});
			expect(sent.map(({ init }) => init?.redirect)).toEqual(['manual']);
		});
	});

	describe('a client', () => {
		test.each([undefined, '', 'mksite_…', 'mksite_one\nmksite_two', 'mksite_ key'])(
			'is not made with the site key %j',
			(siteKey) => {
				const make = () => load().createClient({ helper: HELPER, siteKey: siteKey as string });
				expect(make).toThrow(/`siteKey` is the site key that the operator handed out/);
			},
		);

		test('is made with a key that was read from a file, with its line end', async () => {
			const headers: (HeadersInit | undefined)[] = [];
			const client = load().createClient({
				helper: `${HELPER}/`,
				siteKey: 'mksite_key\n',
				fetch: (_, init) => {
					headers.push(init?.headers);
					return Promise.resolve(login('token'));
				},
			});
			await client.resolve(IDENTIFIER);
			expect(headers).toMatchObject([{ authorization: 'Bearer mksite_key' }]);
		});

		test.each([
			[undefined, 'is the URL of the helper'],
			['helper.example.com', 'is the URL of the helper'],
			['localhost:3000', 'is the URL of the helper'],
			['https://', 'is the URL of the helper'],
			['http://helper.example.com', 'begins with https://'],
			['http://localhost.example.com', 'begins with https://'],
			['http://10.0.0.7:3000', 'begins with https://'],
			['https://helper.example.com/microsoft365_oauth.html', 'https://helper.example.com in place'],
			['https://user@helper.example.com', 'https://helper.example.com in place'],
		])('is not made for the helper %j', (helper, words) => {
			const make = () => load().createClient({ helper: helper as string, siteKey: 'mksite_key' });
			expect(make).toThrow(words);
		});

		test.each(['http://localhost:3000', 'http://127.0.0.1:3000', 'http://[::1]:3000'])(
			'is made for the helper on its own machine, %s',
			(helper) => {
				expect(load().createClient({ helper, siteKey: 'mksite_key' })).toBeDefined();
			},
		);
	});

	describe('a connect link', () => {
		test('is made and completed by the paths of the contract', async () => {
			const checks = { imap: { status: 'passed' }, pop: { status: 'skipped', problem } };
			const { client, sent } = openClientInTurn(
				() => Response.json({ id: 'a b', url: 'https://helper/?link=x', expires_at: EXPIRY }),
				() =>
					Response.json({
						status: 'open',
						expires_at: EXPIRY,
						email: 'equis@mycompany.com',
						problem,
					}),
				() => Response.json({ identifier: IDENTIFIER, mailbox: 'm', signed_in_as: 's', checks }),
				() => new Response(null, { status: 204 }),
			);
			const { id } = await client.createConnectLink({ returnUrl: 'https://site/back', state: 's' });
			expect(await client.findConnectLink(id)).toEqual({
				id,
				status: 'open',
				expiresAt: new Date(EXPIRY),
				email: 'equis@mycompany.com',
				identifier: undefined,
				problem: inWords,
			});
			expect(await client.completeConnectLink(id, 'code')).toEqual({
				identifier: IDENTIFIER,
				mailbox: 'm',
				signedInAs: 's',
				checks: { imap: { status: 'passed' }, pop: { status: 'skipped', problem: inWords } },
			});
			await client.cancelConnectLink(id);
			const base = `${HELPER}/api/v1/connect-links`;
			expect(sent.map(({ url, init }) => `${init?.method} ${url}`)).toEqual([
				`POST ${base}`,
				`GET ${base}/a%20b`,
				`POST ${base}/a%20b/complete`,
				`DELETE ${base}/a%20b`,
			]);
			expect(sent[0]?.init?.body).toBe('{"return_url":"https://site/back","state":"s"}');
		});

		test('of an answer that is not understood is tried again later', async () => {
			const { client } = openClient(() => Response.json({}));
			for (const asked of [
				client.createConnectLink({ email: 'equis@mycompany.com' }),
				client.findConnectLink('id'),
				client.completeConnectLink('id', 'code'),
			])
				expect(await errorOf(asked)).toBeInstanceOf(load().UnavailableError);
		});
	});
}

const EXPIRY = '2026-11-27T10:00:00.000Z';
const problem = { code: 'c', who: 'operator', title: 'T', explanation: 'E', next_step: 'N' };
const inWords = { code: 'c', who: 'operator', title: 'T', explanation: 'E', nextStep: 'N' };

function login(token: string, seconds = 3600): Response {
	const server = { host: 'outlook.office365.com', port: 993, security: 'tls', user: 'u' };
	return Response.json({
		access_token: token,
		token_type: 'Bearer',
		expires_at: new Date(START + seconds * 1000).toISOString(),
		mailbox: 'equis@mycompany.com',
		imap: { ...server, xoauth2: 'dXNlcg==' },
	});
}

function fault(status: number, error: string, hasUrl = true, retryAfter = '7'): Response {
	const body = {
		error,
		message: 'In words.',
		...(hasUrl && { sign_in_url: 'https://helper/x', problem }),
		fields: { min_ttl: 'too long' },
	};
	return Response.json(body, { status, headers: { 'retry-after': retryAfter } });
}
