// The practice Microsoft against clients that know nothing of it: openid-client signs in, jose verifies. What its page
// shows, what it gives, what it can be told to do wrong, and what it keeps over a restart.

import { createHash } from 'node:crypto';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { createRemoteJWKSet, decodeJwt, importPKCS8, jwtVerify } from 'jose';
import * as openid from 'openid-client';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { makePracticeCertificate } from '../../src/practice/certificate.ts';
import { readyAccounts } from '../../src/practice/microsoft/accounts.ts';
import {
	startPracticeMicrosoft,
	type PracticeMicrosoft,
	type PracticeMicrosoftOptions,
} from '../../src/practice/microsoft/practice-microsoft.ts';
import type { TokenFault } from '../../src/practice/microsoft/token-fault.ts';
import { chooseAtSignInPage } from '../../src/practice/microsoft/visitor.ts';
import {
	BOX,
	CHALLENGE,
	CLIENT_ID,
	CLIENT_SECRET,
	createPracticeClient,
	fragmentOf,
	MAIL_SCOPES,
	MY_COMPANY,
	OTHER_COMPANY,
	REDIRECT_URI,
	SCOPE,
	STATE,
	VERIFIER,
	type Changes,
	type PracticeAnswer,
} from '../support/practice-client.ts';

const { privateKey, certificate, thumbprint } = withThumbprint();
let now: Date;
let practice: PracticeMicrosoft;
const client = createPracticeClient(() => practice);
const { at, authorizeUrl, redeem, refresh, obtainCode, signIn } = client;

// One for all, because an RSA key is slow to make.
let sharedKeys: string;
beforeAll(async () => {
	sharedKeys = await mkdtemp(join(tmpdir(), 'practice-microsoft-'));
});
afterAll(() => rm(sharedKeys, { recursive: true }));
beforeEach(async () => {
	now = new Date();
	practice = await start();
});
afterEach(() => practice.stop());

function start(options: Partial<PracticeMicrosoftOptions> = {}): Promise<PracticeMicrosoft> {
	return startPracticeMicrosoft({
		directory: sharedKeys,
		port: 0,
		client: { id: CLIENT_ID, secret: CLIENT_SECRET, certificate, redirectUri: REDIRECT_URI },
		now: () => now,
		...options,
	});
}

function withThumbprint() {
	const made = makePracticeCertificate(new Date());
	const der = Buffer.from(made.certificate.replace(/-----[^-]+-----|\s/g, ''), 'base64');
	return { ...made, thumbprint: createHash('sha256').update(der).digest('base64url') };
}

const publishedKeys = () => createRemoteJWKSet(new URL(at('common', 'discovery/v2.0/keys')));

describe('an independent client', () => {
	const byAssertion = async () =>
		openid.PrivateKeyJwt(await importPKCS8(privateKey, 'PS256'), {
			[openid.modifyAssertion]: (header, payload) => {
				header.typ = 'JWT';
				header['x5t#S256'] = thumbprint;
				payload.aud = at(MY_COMPANY, 'oauth2/v2.0/token');
			},
		});

	test.each<[string, () => openid.ClientAuth | Promise<openid.ClientAuth>]>([
		['client_secret_post', () => openid.ClientSecretPost(CLIENT_SECRET)],
		['client_secret_basic', () => openid.ClientSecretBasic(CLIENT_SECRET)],
		['a certificate', byAssertion],
	])('discovers, signs in and refreshes with %s', async (_, credential) => {
		const issuer = new URL(at(MY_COMPANY, 'v2.0'));
		const configuration = await openid.discovery(issuer, CLIENT_ID, {}, await credential(), {
			// eslint-disable-next-line @typescript-eslint/no-deprecated -- plain http, on loopback
			execute: [openid.allowInsecureRequests],
		});
		const url = openid.buildAuthorizationUrl(configuration, {
			...{ redirect_uri: REDIRECT_URI, response_mode: 'fragment', scope: SCOPE, login_hint: BOX },
			...{ state: 'state-1', nonce: 'nonce-1' },
			...{ code_challenge: CHALLENGE, code_challenge_method: 'S256' },
		});
		const landed = await chooseAtSignInPage(url, BOX);
		const asQuery = new URL(landed.href.replace('#', '?'));
		const tokens = await openid.authorizationCodeGrant(configuration, asQuery, {
			pkceCodeVerifier: VERIFIER,
			expectedNonce: 'nonce-1',
			expectedState: 'state-1',
			idTokenExpected: true,
		});
		expect(tokens.claims()?.preferred_username).toBe(BOX);
		const first = await openid.refreshTokenGrant(configuration, tokens.refresh_token!);
		const second = await openid.refreshTokenGrant(configuration, tokens.refresh_token!);
		const third = await openid.refreshTokenGrant(configuration, first.refresh_token!);
		const all = [tokens, first, second, third];
		expect(new Set(all.map(({ access_token }) => access_token)).size).toBe(4);
		expect(new Set(all.map(({ refresh_token }) => refresh_token)).size).toBe(4);
	});
});

describe('a sign-in', () => {
	const landing = async (choice: string) => (await chooseAtSignInPage(authorizeUrl(), choice)).href;

	test('returns code, state and client info in the fragment of the redirect URI', async () => {
		const href = await landing(BOX);
		expect(href.split('#')[0]).toBe(REDIRECT_URI);
		const answer = fragmentOf(href);
		expect(Object.keys(answer)).toEqual(['code', 'client_info', 'state', 'session_state']);
		expect(answer['state']).toBe(STATE);
		const info = Buffer.from(answer['client_info']!, 'base64url').toString();
		expect(info).toMatch(new RegExp(`^{"uid":"[0-9a-f-]{36}","utid":"${MY_COMPANY}"}$`));
	});

	test('gives tokens of the shape and size that Entra gives, and puts all of it on record', async () => {
		const code = await obtainCode();
		const { status, headers, body } = await redeem(code, { client_info: '1' });
		expect([status, headers.get('cache-control')]).toEqual([200, 'no-store']);
		expect(headers.get('access-control-allow-origin')).toBeNull();
		expect(body).toMatchObject({
			...{ token_type: 'Bearer', scope: MAIL_SCOPES, ext_expires_in: body['expires_in'] },
			client_info: expect.any(String) as string,
		});
		expect(body['expires_in']).toBeGreaterThanOrEqual(3600);
		expect(body['expires_in']).toBeLessThan(5400);
		const accessToken = String(body['access_token']);
		expect(accessToken.length).toBeGreaterThan(1500);
		expect(accessToken.length).toBeLessThan(2048);
		// Opaque: nobody can look into it who is not the practice Microsoft.
		expect(() => decodeJwt(accessToken)).toThrow();
		expect(practice.issued()).toEqual([
			{ kind: 'authorization_code', value: code },
			{ kind: 'code_verifier', value: VERIFIER },
			{ kind: 'access_token', value: accessToken },
			{ kind: 'refresh_token', value: body['refresh_token'] },
			{ kind: 'id_token', value: body['id_token'] },
		]);
		expect(practice.issuedSecrets()).toEqual(practice.issued().map(({ value }) => value));
		expect(practice.requests).toMatchObject([
			{
				...{ kind: 'authorize', outcome: 'shown', tenant: 'organizations', at: now },
				parameters: { login_hint: BOX, nonce: 'nonce-1' },
			},
			{ kind: 'decision', outcome: 'issued' },
			{ kind: 'code', outcome: 'issued', parameters: { code_verifier: VERIFIER } },
		]);
	});

	test('gives an ID token that the published key verifies, with a nonce the first time alone', async () => {
		const { id_token, refresh_token } = await signIn();
		const { payload, protectedHeader } = await jwtVerify(id_token, publishedKeys(), {
			...{ algorithms: ['RS256'], issuer: at(MY_COMPANY, 'v2.0'), audience: CLIENT_ID },
		});
		expect(protectedHeader.kid).toEqual(expect.any(String));
		expect(payload).toMatchObject({
			...{ ver: '2.0', tid: MY_COMPANY, nonce: 'nonce-1', name: 'info' },
			...{ preferred_username: BOX, email: BOX, verified_primary_email: [BOX] },
		});
		const others = ['sub', 'oid', 'login_hint', 'iat', 'nbf', 'exp'];
		for (const claim of others) expect(payload).toHaveProperty(claim);
		const { body } = await refresh(refresh_token);
		expect(decodeJwt(String(body['id_token']))).not.toHaveProperty('nonce');
	});

	test('names the same person by the same ids each time, whatever the case of the address', async () => {
		const claims = async (choice: string) => decodeJwt((await signIn(choice)).id_token);
		const [first, second] = [await claims(BOX), await claims('Info@MyCompany.com')];
		expect(second).toMatchObject({ sub: first.sub, oid: first['oid'], tid: first['tid'] });
		const other = await claims('other@mycompany.com');
		expect([other.sub, other['oid']]).not.toContain(first.sub);
		expect(other['oid']).not.toBe(first['oid']);
	});

	test.each([
		['pat@mycompany.com', MY_COMPANY],
		['sam@othercompany.com', OTHER_COMPANY],
	])('can be made by %s, of tenant %s', async (preferred_username, tid) => {
		const { id_token } = await signIn(preferred_username);
		expect(decodeJwt(id_token)).toMatchObject({ preferred_username, tid, iss: at(tid, 'v2.0') });
	});

	test('that is cancelled comes back as access_denied with AADSTS65004 and the state', async () => {
		expect(fragmentOf(await landing('cancel'))).toEqual({
			error: 'access_denied',
			state: STATE,
			error_description: expect.stringMatching(
				/^AADSTS65004: .* Correlation ID: 0197a1b2-0000-7000-8000-0000000000aa Timestamp: /,
			) as string,
			error_uri: expect.any(String) as string,
		});
		expect(practice.issuedSecrets()).toEqual([]);
	});

	test('of an account that is refused comes back with its error', async () => {
		const [account] = readyAccounts.filter(({ outcome }) => outcome.kind === 'refused');
		if (account?.outcome.kind !== 'refused') throw new Error('no such account');
		const { error, aadsts } = account.outcome;
		const answer = fragmentOf(await landing(account.username));
		expect(answer['error']).toBe(error);
		expect(answer['error_description']).toMatch(new RegExp(`^AADSTS${aadsts}: `));
	});

	test('takes its own opaque login_hint as the account that it was issued for', async () => {
		const hint = String(decodeJwt((await signIn()).id_token)['login_hint']);
		const { text } = await client.authorize({ login_hint: hint, 'X-AnchorMailbox': undefined });
		expect(text).toContain(`Sign in as ${BOX}`);
	});
});

describe('the sign-in page', () => {
	const page = async (changes: Changes, tenant?: string) => {
		const { status, text } = await client.authorize(changes, tenant);
		expect(status).toBe(200);
		return text;
	};
	const buttons = (text: string) =>
		[...text.matchAll(/<span class="what"[^>]*>([^<]*)</g)].map(([, label]) => label);
	const press = async (text: string) => {
		const action = practice.authority + /action="([^"]+)"/.exec(text)![1]!;
		const body = new URLSearchParams({ choice: BOX });
		const answer = await fetch(action, { method: 'POST', body, redirect: 'manual' });
		return { status: answer.status, text: await answer.text() };
	};

	test('says what it is, who asks and what for', async () => {
		const text = await page({});
		expect(text).toContain('<h1>Practice: this is not Microsoft</h1>');
		expect(text).toContain('localhost:3000');
		for (const protocol of ['IMAP', 'POP', 'SMTP']) expect(text).toContain(`by ${protocol}`);
	});

	test('offers the expected account first, then the others, then to cancel', async () => {
		expect(buttons(await page({ login_hint: 'Info@mycompany.com' }))).toEqual([
			`Sign in as ${BOX}`,
			...readyAccounts.map(({ username }) => `Sign in as ${username}`),
			'Cancel',
		]);
		const text = await page({ login_hint: 'pat@mycompany.com' });
		expect(buttons(text)[0]).toBe('Sign in as pat@mycompany.com');
		expect(text.split('class="first"')).toHaveLength(2);
	});

	test.each([
		['no hint', undefined, 'did not say who is expected'],
		['an unknown domain', 'me@nowhere.example', 'but no organisation here'],
		['markup', '<b>"me"</b>@mycompany.com', '&#60;b&#62;&#34;me&#34;&#60;/b&#62;@mycompany.com'],
		['a broken opaque hint', 'O.!!!', 'but no organisation here'],
	])('without a usable hint (%s) says so and offers the ready accounts', async (_, hint, said) => {
		const text = await page({ login_hint: hint });
		expect(text).toContain(said);
		expect(text).not.toContain('class="first"');
		expect(buttons(text)).toHaveLength(readyAccounts.length + 1);
	});

	test('of one tenant offers its own accounts alone, and lets no other in', async () => {
		const text = await page({ login_hint: 'sam@othercompany.com' }, 'mycompany.com');
		expect(text).not.toContain('Sign in as sam@othercompany.com');
		const url = authorizeUrl({}, 'mycompany.com');
		await expect(chooseAtSignInPage(url, 'sam@othercompany.com')).rejects.toThrow('400');
	});

	test('runs no script, sets no cookie and may send its form home and back only', async () => {
		const { headers, text } = await client.authorize();
		expect(headers.get('set-cookie')).toBeNull();
		const policy = headers.get('content-security-policy')!;
		expect(policy).toContain(`default-src 'none'`);
		expect(policy).toContain(`form-action 'self' http://localhost:3000`);
		expect(text).not.toContain('<script');
		const style = /<style>(.*)<\/style>/s.exec(text)![1]!;
		const hash = createHash('sha256').update(style).digest('base64');
		expect(policy).toContain(`style-src 'sha256-${hash}'`);
	});

	test('decides once, and nothing after an hour', async () => {
		const text = await page({});
		expect((await press(text)).status).toBe(303);
		const second = await press(text);
		expect([second.status, second.text]).toEqual([400, expect.stringContaining('AADSTS50089')]);
		const old = await page({});
		now = new Date(now.getTime() + 61 * 60_000);
		expect((await press(old)).status).toBe(400);
	});
});

describe('told to answer wrongly, the token endpoint', () => {
	const tell = (...faults: TokenFault[]) => {
		for (const fault of faults) practice.nextTokenAnswer(fault);
	};

	test('does so once, in the order told', async () => {
		const { refresh_token } = await signIn();
		tell(
			{ kind: 'error', error: 'invalid_grant', aadsts: 50196 },
			{
				...{ kind: 'error', error: 'invalid_grant', aadsts: 50076, suberror: 'basic_action' },
				...{ status: 429, headers: { 'retry-after': '60' } },
			},
		);
		const answers: PracticeAnswer[] = [];
		for (let round = 0; round < 3; round += 1) answers.push(await refresh(refresh_token));
		expect(
			answers.map(({ status, aadsts, body, headers }) => [
				...[status, aadsts, body['suberror'], headers.get('retry-after')],
			]),
		).toEqual([
			[400, 50196, undefined, null],
			[429, 50076, 'basic_action', '60'],
			[200, undefined, undefined, null],
		]);
		expect(practice.requests.slice(-3).map(({ kind, outcome }) => [kind, outcome])).toEqual([
			['refresh', 'AADSTS50196'],
			['refresh', 'AADSTS50076'],
			['refresh', 'issued'],
		]);
	});

	test.each<[string, TokenFault, object, number]>([
		[
			'answers with a bare status',
			{ kind: 'status', status: 503, body: 'busy' },
			{ status: 503, text: 'busy' },
			200,
		],
		['answers with half a JSON text', { kind: 'garbage' }, { name: 'SyntaxError' }, 200],
		['is slow', { kind: 'latency', ms: 1 }, { status: 200 }, 400],
		['loses the answer', { kind: 'reset' }, { message: 'fetch failed' }, 400],
		['never answers', { kind: 'hang' }, { name: 'TimeoutError' }, 400],
	])('%s; the code is spent when it was carried out', async (_, fault, expected, then) => {
		const code = await obtainCode();
		tell(fault);
		const limited = Promise.race([redeem(code), hung()]).catch((error: unknown) => error);
		expect(await limited).toMatchObject(expected);
		const again = await redeem(code);
		expect([again.status, again.aadsts]).toEqual([then, then === 400 ? 54005 : undefined]);

		async function hung(): Promise<never> {
			await expect.poll(() => practice.requests.at(-1)?.outcome).toBe('silence');
			throw new DOMException('', 'TimeoutError');
		}
	});

	test('loses the answer to a refused request too', async () => {
		tell({ kind: 'reset' });
		await expect(redeem('unknown')).rejects.toThrow('fetch failed');
	});

	test('changes claims of the ID token and signs them', async () => {
		tell({ kind: 'claims', change: (claims) => ({ ...claims, nonce: 'x' }) });
		const { payload } = await jwtVerify((await signIn()).id_token, publishedKeys());
		expect(payload['nonce']).toBe('x');
	});

	test('signs the ID token with another key', async () => {
		tell({ kind: 'wrong_signature' });
		const verified = jwtVerify((await signIn()).id_token, publishedKeys());
		await expect(verified).rejects.toThrow('signature verification failed');
	});

	test('grants fewer scopes than asked for', async () => {
		const smtp = 'https://outlook.office.com/SMTP.Send';
		tell({ kind: 'scopes', granted: ['openid', 'offline_access', smtp] });
		expect(await signIn()).toMatchObject({ scope: smtp });
	});

	test('holds a request until the test lets go, and stops at once while it is slow or silent', async () => {
		const { refresh_token } = await signIn();
		let release = () => {};
		const held = new Promise<void>((resolve) => (release = resolve));
		tell({ kind: 'held', arrived: () => held });
		let isAnswered = false;
		const answer = refresh(refresh_token).finally(() => (isAnswered = true));
		await setImmediate();
		expect(isAnswered).toBe(false);
		release();
		expect((await answer).status).toBe(200);

		const issued = practice.issued().length;
		tell({ kind: 'hang' }, { kind: 'latency', ms: 60_000 });
		const ended = Promise.allSettled([refresh(refresh_token), refresh(refresh_token)]);
		await expect.poll(() => practice.requests.at(-1)?.outcome).toBe('silence');
		await practice.stop();
		expect((await ended).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
		// The silent one was carried out, the slow one never is.
		expect(practice.issued().length - issued).toBe(3);
		practice = await start();
		expect((await refresh((await signIn()).refresh_token)).status).toBe(200);
	});
});

describe('over a restart', () => {
	const restart = async (directory: string | undefined) => {
		const port = Number(new URL(practice.authority).port);
		await practice.stop();
		practice = await start({ directory, port });
	};
	let own: string;
	beforeEach(async () => {
		own = await mkdtemp(join(tmpdir(), 'practice-microsoft-'));
	});
	afterEach(() => rm(own, { recursive: true }));

	test('signing key, refresh tokens, codes and what is spent survive', async () => {
		await restart(own);
		const spent = await obtainCode();
		const { body } = await redeem(spent);
		const unspent = await obtainCode();
		await restart(own);
		await jwtVerify(String(body['id_token']), publishedKeys());
		expect((await refresh(String(body['refresh_token']))).status).toBe(200);
		expect((await redeem(spent)).aadsts).toBe(54005);
		expect((await redeem(unspent)).status).toBe(200);
		expect((await stat(join(own, 'practice-microsoft.json'))).mode & 0o777).toBe(0o600);
	});

	test('without a directory nothing survives', async () => {
		await restart(undefined);
		const { refresh_token } = await signIn();
		await restart(undefined);
		expect((await refresh(refresh_token)).aadsts).toBe(70000);
	});

	test('keys that cannot be read, and a port in use, stop the start with one sentence', async () => {
		await writeFile(join(own, 'practice-microsoft.json'), '{"signingKey":');
		await expect(start({ directory: own })).rejects.toThrow(
			/^The practice Microsoft cannot read its keys in .*; delete that file to start it anew\.$/,
		);
		const port = Number(new URL(practice.authority).port);
		await expect(start({ port })).rejects.toThrow(
			`The practice Microsoft cannot listen on 127.0.0.1, port ${port}: another program uses that port.`,
		);
	});
});
