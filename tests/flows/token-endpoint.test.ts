// What the visitor is told for each fault of Microsoft's token endpoint: the code is sent once whatever happens, nothing is
// stored, and no secret gets into the log.

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { TokenFault } from '../../src/practice/microsoft/token-fault.ts';
import { textMatching } from '../support/matchers.ts';
import {
	CLIENT_SECRET,
	MAILBOX,
	signInAtMicrosoft,
	startTestHelper,
	type TestHelper,
} from '../support/test-helper.ts';

let its: TestHelper;
beforeAll(async () => {
	its = await startTestHelper();
});
afterAll(() => its.stop());
afterEach(() => its.letThrough());

/** One sign-in, in which exactly one request reaches the token endpoint and nothing is stored. */
async function failingSignIn() {
	const before = its.asked.filter((url) => url.endsWith('/token')).length;
	const browser = its.openBrowser();
	const started = await browser.begin();
	const result = await browser.redeem(started, await signInAtMicrosoft(its.app, started));
	expect(result).toMatchObject({ kind: 'refused', error: 'invalid_grant' });
	expect(its.asked.filter((url) => url.endsWith('/token'))).toHaveLength(before + 1);
	expect(await its.sql`select 1 from stored_tokens`).toHaveLength(0);
	const status = await browser.status(started.sign_in);
	if (status.status !== 'failed') throw new Error(status.status);
	return status.problem;
}

describe('faults that pass', () => {
	test.each<[string, TokenFault]>([
		['500 with a page', { kind: 'status', status: 500, body: '<html>Internal error</html>' }],
		['500 with nothing', { kind: 'status', status: 500 }],
		['503 in JSON', { kind: 'status', status: 503, body: '{"error":"server_error"}' }],
		[
			'504 with invalid_grant in it',
			{ kind: 'status', status: 504, body: '{"error":"invalid_grant"}' },
		],
		['429', { kind: 'status', status: 429, headers: { 'retry-after': '30' }, body: '{}' }],
		['429 with a page', { kind: 'status', status: 429, body: 'slow down' }],
		['temporarily_unavailable', { kind: 'error', error: 'temporarily_unavailable', aadsts: 90033 }],
		['server_error', { kind: 'error', error: 'server_error', aadsts: 90033 }],
		['half a JSON text', { kind: 'garbage' }],
		['a broken connection', { kind: 'reset' }],
		['a page of some proxy', { kind: 'status', status: 200, body: '<html>Please log in</html>' }],
		['a redirect', { kind: 'status', status: 302, headers: { location: 'https://evil.example/' } }],
		['a list', { kind: 'status', status: 200, body: '[]' }],
		['null', { kind: 'status', status: 200, body: 'null' }],
	])('%s', async (_name, fault) => {
		its.practice.nextTokenAnswer(fault);
		expect(await failingSignIn()).toMatchObject({ code: 'microsoft_unreachable', who: 'nobody' });
	});

	test('no answer in time', async () => {
		its.intercept((url, _answer, init) => {
			if (!url.endsWith('/token')) return undefined;
			expect(init?.signal).toBeInstanceOf(AbortSignal);
			return Promise.reject(new DOMException('The operation timed out.', 'TimeoutError'));
		});
		expect(await failingSignIn()).toMatchObject({ code: 'microsoft_unreachable', who: 'nobody' });
	});

	test('an answer without end, however it begins', async () => {
		its.intercept((url, answer) => {
			if (!url.endsWith('/token')) return undefined;
			return answer().then(async (real) =>
				Response.json({ ...((await real.json()) as object), more: 'x'.repeat(1_000_000) }),
			);
		});
		expect(await failingSignIn()).toMatchObject({ code: 'microsoft_unreachable', who: 'nobody' });
	});

	test('an answer that breaks off in the middle', async () => {
		its.intercept((url) => {
			if (!url.endsWith('/token')) return undefined;
			const body = new ReadableStream({
				start(controller) {
					controller.enqueue(new TextEncoder().encode('{"access_token":"'));
					controller.error(new TypeError('terminated'));
				},
			});
			return Promise.resolve(new Response(body));
		});
		expect(await failingSignIn()).toMatchObject({ code: 'microsoft_unreachable', who: 'nobody' });
	});

	test('a redirect to where somebody listens: neither the code nor the client credential gets there', async () => {
		const arrived: string[] = [];
		const modes: (RequestRedirect | undefined)[] = [];
		its.intercept((url, _answer, init) => {
			if (url.endsWith('/token')) modes.push(init?.redirect);
			return undefined;
		});
		const elsewhere = createServer((request, response) => {
			arrived.push(request.url ?? '');
			response.end('{}');
		});
		await once(elsewhere.listen(0, '127.0.0.1'), 'listening');
		try {
			const { port } = elsewhere.address() as AddressInfo;
			// 307 is followed with the method and the body as they were.
			const headers = { location: `http://127.0.0.1:${port}/token` };
			its.practice.nextTokenAnswer({ kind: 'status', status: 307, headers });
			expect(await failingSignIn()).toMatchObject({ code: 'microsoft_unreachable' });
			// Whatever the OAuth library would do by itself.
			expect([arrived, modes]).toEqual([[], ['error']]);
		} finally {
			elsewhere.close();
		}
	});

	test('a slow answer is waited for', async () => {
		its.practice.nextTokenAnswer({ kind: 'latency', ms: 700 });
		const status = await its.openBrowser().signIn();
		expect(status).toMatchObject({ status: 'ready' });
		await its.sql`truncate stored_tokens cascade`;
	});
});

describe('faults that somebody has to mend', () => {
	test.each([
		['invalid_client', 7000215, 401, 'helper_not_accepted_by_microsoft'],
		['invalid_client', 7000222, 401, 'helper_not_accepted_by_microsoft'],
		['invalid_client', 700027, 401, 'helper_not_accepted_by_microsoft'],
		['unauthorized_client', 700016, 400, 'helper_not_accepted_by_microsoft'],
		['invalid_request', 9002326, 400, 'helper_not_accepted_by_microsoft'],
		['invalid_scope', 70011, 400, 'helper_not_accepted_by_microsoft'],
		['invalid_grant', 70008, 400, 'authorization_code_refused'],
		['invalid_grant', 54005, 400, 'authorization_code_refused'],
		['interaction_required', 50076, 400, 'refused_by_microsoft'],
		['interaction_required', 65001, 400, 'approval_needed'],
		['consent_required', 65001, 400, 'approval_needed'],
	])('%s, AADSTS%i, status %i: %s', async (error, aadsts, status, code) => {
		its.practice.nextTokenAnswer({ kind: 'error', error, aadsts, status, description: 'Told so.' });
		expect(await failingSignIn()).toMatchObject({
			code,
			reference: {
				code: `AADSTS${aadsts}`,
				correlation_id: textMatching(/^[0-9a-f-]{36}$/),
				time: textMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ$/),
			},
		});
	});

	test('a verifier that is not the one of the start', async () => {
		const browser = its.openBrowser();
		const started = await browser.begin();
		const answer = await signInAtMicrosoft(its.app, started);
		await browser.redeem(started, { ...answer, codeVerifier: 'a'.repeat(43) });
		expect(await browser.status(started.sign_in)).toMatchObject({
			problem: { code: 'authorization_code_refused', reference: { code: 'AADSTS501481' } },
		});
	});

	test('a code that Microsoft never gave', async () => {
		const browser = its.openBrowser();
		const started = await browser.begin();
		await browser.redeem(started, {
			fragment: new URLSearchParams(),
			code: 'made-up',
			codeVerifier: 'a'.repeat(43),
		});
		expect(await browser.status(started.sign_in)).toMatchObject({
			problem: { code: 'authorization_code_refused' },
		});
	});
});

describe('an answer that lacks what it must hold stores nothing', () => {
	test.each([
		['no access token', { access_token: undefined }],
		['an empty access token', { access_token: '' }],
		['an access token that is no text', { access_token: { a: 1 } }],
		['no lifetime', { expires_in: undefined }],
		['a lifetime of nothing', { expires_in: 0 }],
		['a negative lifetime', { expires_in: -1 }],
		['a lifetime that is no number', { expires_in: 'soon' }],
	])('%s', async (_name, change) => {
		its.intercept((url, answer) => {
			if (!url.endsWith('/token')) return undefined;
			return answer().then(async (real) =>
				Response.json({ ...((await real.json()) as object), ...change }),
			);
		});
		expect((await failingSignIn()).code).toMatch(/^microsoft_(answer_invalid|unreachable)$/);
	});
});

test('after each of these faults the same browser signs in as if nothing had been', async () => {
	const browser = its.openBrowser();
	its.practice.nextTokenAnswer({ kind: 'reset' });
	expect(await browser.signIn()).toMatchObject({ status: 'failed' });
	expect(await browser.signIn()).toMatchObject({ status: 'ready', email: MAILBOX });
});

test('a refused helper is an error in the log, and no secret is in it', () => {
	const lines = its
		.logged()
		.trim()
		.split('\n')
		.map((line) => JSON.parse(line) as { level: string; reference?: { code?: string } });
	const refusals = lines.filter(({ reference }) => reference?.code === 'AADSTS7000215');
	expect(refusals).toMatchObject([{ level: 'error' }]);
	const log = its.logged();
	const secrets = [...its.practice.issuedSecrets(), CLIENT_SECRET];
	expect(secrets.filter((secret) => log.includes(secret))).toEqual([]);
	expect(log).not.toContain('Told so.');
	expect(log).not.toContain('@mycompany.com');
});
