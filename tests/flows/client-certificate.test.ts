// The helper proves who it is by a certificate: the practice Microsoft checks the assertion as Entra does.

import { createHash, X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makePracticeCertificate } from '../../src/practice/certificate.ts';
import { anyText } from '../support/matchers.ts';
import { CLIENT_ID, startTestHelper, type TestHelper } from '../support/test-helper.ts';

const ours = makePracticeCertificate(new Date());
const others = makePracticeCertificate(new Date());
const directory = mkdtempSync(join(tmpdir(), 'mailkey-certificate-'));
const file = join(directory, 'client.pem');
writeFileSync(file, ours.privateKey + ours.certificate);

let its: TestHelper;
beforeAll(async () => {
	its = await startTestHelper({
		credential: { kind: 'certificate', file },
		client: { certificate: ours.certificate },
	});
});
afterAll(async () => {
	await its.stop();
	rmSync(directory, { recursive: true });
});

function lastAssertion(from = its): string {
	const sent = from.practice.requests.findLast(({ kind }) => kind === 'code')?.parameters;
	expect(sent).not.toHaveProperty('client_secret');
	expect(sent?.['client_assertion_type']).toBe(
		'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
	);
	return sent?.['client_assertion'] ?? '';
}

test('a sign-in works, each time with an assertion of its own', async () => {
	expect(await its.openBrowser().signIn()).toMatchObject({ status: 'ready' });
	const first = lastAssertion();
	expect(await its.openBrowser().signIn()).toMatchObject({ status: 'ready' });
	expect(decodeJwt(lastAssertion()).jti).not.toBe(decodeJwt(first).jti);
});

test('the assertion is Microsoft’s form: PS256, the SHA-256 thumbprint, the tenant’s token endpoint, minutes', async () => {
	await its.openBrowser().signIn();
	const assertion = lastAssertion();
	expect(decodeProtectedHeader(assertion)).toEqual({
		alg: 'PS256',
		typ: 'JWT',
		'x5t#S256': createHash('sha256')
			.update(new X509Certificate(ours.certificate).raw)
			.digest('base64url'),
	});
	const claims = decodeJwt(assertion);
	expect(claims).toMatchObject({
		iss: CLIENT_ID,
		sub: CLIENT_ID,
		aud: `${its.practice.authority}/organizations/oauth2/v2.0/token`,
		jti: anyText,
	});
	const life = (claims.exp ?? 0) - (claims.nbf ?? 0);
	expect(life).toBeGreaterThan(0);
	expect(life).toBeLessThanOrEqual(600);
});

test('the assertion is dated by the clock that the instances share, not by the machine’s', async () => {
	its.clock.advance(2 * 60 * 60_000);
	expect(await its.openBrowser().signIn()).toMatchObject({ status: 'ready' });
	const { iat = 0, nbf = 0, exp = 0 } = decodeJwt(lastAssertion());
	const now = Math.floor(its.clock.now().getTime() / 1000);
	expect([iat - now, nbf - now, exp - now]).toEqual([0, 0, 60]);
});

test('neither the key nor an assertion gets into the log', () => {
	expect(its.logged()).not.toContain('PRIVATE KEY');
	expect(its.logged()).not.toContain(lastAssertion());
	expect(its.logged()).not.toContain(ours.privateKey.split('\n')[1]);
});

test('a certificate that is renewed in its file is used from the next sign-in on', async () => {
	const renewing = await startTestHelper({
		credential: { kind: 'certificate', file },
		client: { certificate: others.certificate },
	});
	try {
		expect(await renewing.openBrowser().signIn()).toMatchObject({ status: 'failed' });
		writeFileSync(file, others.privateKey + others.certificate);
		expect(await renewing.openBrowser().signIn()).toMatchObject({ status: 'ready' });
	} finally {
		writeFileSync(file, ours.privateKey + ours.certificate);
		await renewing.stop();
	}
});

test.each([
	['another certificate than the registered one', others.certificate, 'AADSTS700027'],
	['no certificate registered', undefined, 'AADSTS700027'],
])('%s: the helper is not accepted', async (_name, certificate, code) => {
	const refused = await startTestHelper({
		credential: { kind: 'certificate', file },
		client: certificate === undefined ? {} : { certificate },
	});
	try {
		expect(await refused.openBrowser().signIn()).toMatchObject({
			status: 'failed',
			problem: { code: 'helper_not_accepted_by_microsoft', who: 'operator', reference: { code } },
		});
	} finally {
		await refused.stop();
	}
});

test('a wrong client secret: the helper is not accepted', async () => {
	const refused = await startTestHelper({ credential: { kind: 'secret', secret: 'wrong-secret' } });
	try {
		expect(await refused.openBrowser().signIn()).toMatchObject({
			problem: { code: 'helper_not_accepted_by_microsoft', reference: { code: 'AADSTS7000215' } },
		});
		expect(refused.logged()).not.toContain('wrong-secret');
	} finally {
		await refused.stop();
	}
});

test('a helper of one tenant signs in that tenant’s accounts and nobody else’s', async () => {
	const single = await startTestHelper({
		microsoft: { tenant: '6f1c3a52-0d5e-4b7a-9a43-2f6c1e8b9d10' },
	});
	try {
		expect(await single.openBrowser().signIn()).toMatchObject({ status: 'ready' });
		const { authority } = single.practice;
		single.practice.nextTokenAnswer({
			kind: 'claims',
			change: (claims) => ({
				...claims,
				tid: 'b27d94e8-51c6-4f0b-8e2d-7a90c4f3156e',
				iss: `${authority}/b27d94e8-51c6-4f0b-8e2d-7a90c4f3156e/v2.0`,
			}),
		});
		expect(await single.openBrowser().signIn()).toMatchObject({
			problem: { code: 'microsoft_answer_invalid' },
		});
	} finally {
		await single.stop();
	}
});
