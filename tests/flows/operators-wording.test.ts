// The operator's own on the page, over HTTP: the logo with its headers, the wording as text, and the start that a fault stops.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ensureBuilt } from '../../scripts/build.js';
import { provideApp } from '../../src/lib/server/app/app-instance.ts';
import { generateTokenKey } from '../../src/lib/server/vault/key-ring.ts';
import { startWebServer, type WebServer } from '../../src/http/web-server.ts';
import { textMatching } from '../support/matchers.ts';
import { findFreePort } from '../support/free-port.ts';
import { rawRequest } from '../support/raw-request.ts';
import { CLIENT_ID, startTestHelper, type TestHelper } from '../support/test-helper.ts';
import { runMailkey } from '../support/vault-command-line.ts';

const HOSTILE = `</script><script>alert(1)</script><b>"&'</b>`;
const SVG = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>';
const PAGE = '/microsoft365_oauth.html';

let its: TestHelper;
let server: WebServer;
let port: number;

// Built before this file runs in `npm test`; a change since then takes a while.
beforeAll(async () => {
	await ensureBuilt();
	port = await findFreePort();
	its = await startTestHelper({
		origin: `http://localhost:${port}`,
		wording: {
			helperName: HOSTILE,
			helperAdvice: HOSTILE,
			helperLogo: { contentType: 'image/svg+xml', bytes: Buffer.from(SVG) },
		},
	});
	provideApp(its.app);
	const at = { origin: its.app.origin, mode: 'live', port, host: '127.0.0.1' } as const;
	server = await startWebServer({ app: its.app, ...at, trustedProxies: 0, pages: 'built' });
}, 120_000);
afterAll(async () => {
	await server.stop();
	await its.stop();
});

const ask = (path: string, method = 'GET') => rawRequest(port, { path, method });

describe('the logo', () => {
	test.each(['GET', 'HEAD'])(
		'%s answers with its type and bytes, for a few minutes',
		async (method) => {
			const { status, headers, text } = await ask('/logo', method);
			expect([status, text]).toEqual([200, method === 'GET' ? SVG : '']);
			expect(headers).toMatchObject({
				'content-type': 'image/svg+xml',
				'content-length': String(SVG.length),
				'cache-control': 'public, max-age=300',
				'x-content-type-options': 'nosniff',
				'referrer-policy': 'no-referrer',
				'cross-origin-opener-policy': 'same-origin',
				'cross-origin-resource-policy': 'same-origin',
				'permissions-policy': textMatching(/camera=\(\)/),
			});
			expect(headers).not.toHaveProperty('set-cookie');
		},
	);

	test('an SVG that is opened by itself may run and fetch nothing', async () => {
		const policy = String((await ask('/logo')).headers['content-security-policy']);
		expect(policy).toContain("default-src 'none'");
		expect(policy).toContain("frame-ancestors 'none'");
		expect(policy).toMatch(/(?:^|; )sandbox(?:;|$)/);
		expect(policy).not.toMatch(/script-src|unsafe-eval|allow-|https?:|\*/);
	});

	test('each kind has its type', async () => {
		for (const contentType of ['image/png', 'image/jpeg', 'image/webp']) {
			provideApp({ ...its.app, logo: { contentType, bytes: Buffer.from([1, 2]) } });
			expect((await ask('/logo')).headers['content-type']).toBe(contentType);
		}
		provideApp(its.app);
	});

	test('without one the path is a 404 as any other, and is not kept', async () => {
		provideApp({ ...its.app, logo: undefined });
		const { status, headers, text } = await ask('/logo');
		provideApp(its.app);
		expect([status, JSON.parse(text)]).toEqual([
			404,
			{ error: 'not_found', message: 'There is nothing here.' },
		]);
		expect(headers['cache-control']).toBe('no-store');
	});

	test('nothing can be posted to it', async () => {
		expect((await ask('/logo', 'POST')).status).toBe(405);
	});
});

test('the operator’s wording stands in the page as text, and the logo as a picture with the name', async () => {
	for (const path of [PAGE, '/mailboxes', '/nothing']) {
		const { text } = await ask(path);
		expect(text, path).not.toContain('<script>alert');
		expect(text, path).not.toContain('<b>');
		expect(text, path).toMatch(
			/<img class="[^"]*" src="\/logo" alt="&lt;\/script>[^"]*&quot;&amp;'/,
		);
		expect(text, path).not.toContain('class="brand"');
	}
	expect((await ask(PAGE)).text).toContain('<li><bdi>&lt;/script>&lt;script>alert(1)');
});

test('the data of the page hold neither the logo’s bytes nor a path of the machine', async () => {
	const { page } = its.app;
	expect(page).toMatchObject({ helperName: HOSTILE, helperAdvice: HOSTILE, logoPath: '/logo' });
	const data = (await ask(`${PAGE}/__data.json`)).text + (await ask(PAGE)).text;
	expect(data).toContain('logoPath');
	expect(data).not.toMatch(/w3\.org|contentType|helperLogo|bytes/);
	expect(data).not.toContain(Buffer.from(SVG).toString('base64').slice(0, 20));
});

describe('the face of a site', () => {
	const SENDS = 'https://sends.example.com';
	const logo = { contentType: 'image/svg+xml', bytes: Buffer.from(SVG) };
	const pageOf = (site: string) => ask(`${PAGE}?${new URLSearchParams({ site }).toString()}`);
	const faceOf = async (site: string, language = 'en') => {
		const path = `/api/site-face?${new URLSearchParams({ site }).toString()}`;
		const headers = { 'accept-language': language };
		const { text } = await rawRequest(port, { path, method: 'GET', headers });
		return (JSON.parse(text) as { face?: Record<string, unknown> }).face;
	};
	beforeAll(async () => {
		await its.app.registerSite({
			...{ url: SENDS, name: HOSTILE, mailDomains: [], tenants: [], anyMailbox: true },
			...{ protocols: 'smtp', advice: HOSTILE, supportUrl: 'help@sends.example.com', logo },
		});
	});

	test('is on the page that names the site, as text, and the helper’s own stay around it', async () => {
		const { text } = await pageOf(`${SENDS}/`);
		expect(text).not.toContain('<script>alert');
		expect(text).not.toContain('<b>');
		expect(text).toMatch(/<strong><bdi>&lt;\/script>[^<]*<\/bdi><\/strong>/);
		expect(text).toMatch(/<bdi[^>]*>sends\.example\.com<\/bdi>/);
		expect(text).toMatch(/The site says: <bdi>&lt;\/script>/);
		expect(text).toContain('href="mailto:help@sends.example.com"');
		expect(text).toMatch(/<img src="\/logo\/[\w-]{43}" alt=""/);
		// The helper's own: its logo with its name, its advice, and what it says of help.
		expect(text).toMatch(/<img class="[^"]*" src="\/logo" alt="&lt;\/script>/);
		expect(text).toContain('<li><bdi>&lt;/script>');
		expect(text.indexOf('src="/logo"')).toBeLessThan(text.indexOf('src="/logo/'));
	});

	test('speaks of sending alone where the site only sends', async () => {
		const { text } = await pageOf(SENDS);
		expect(text).toMatch(/will be able to send mail as the mailbox until you revoke it/);
		expect(text).toContain('can create one and allow SMTP for it.');
		const visible = text.slice(0, text.indexOf('<script'));
		expect(visible).not.toMatch(/read and send|IMAP|POP/);
	});

	test('is nowhere else: not without a site, nor with one that is unknown or disabled', async () => {
		await its.app.registerSite({
			...{ url: 'https://gone.example.com', name: 'Gone', mailDomains: [], tenants: [] },
			...{ anyMailbox: true, logo: { ...logo, bytes: Buffer.from(`${SVG} `) } },
		});
		const path = String((await faceOf('https://gone.example.com'))?.['logoPath']);
		expect((await ask(path)).status).toBe(200);
		await its.app.disableSite('https://gone.example.com');
		expect((await ask(path)).status).toBe(404);
		for (const site of ['', 'https://gone.example.com', 'https://unknown.example', 'nonsense']) {
			expect((await pageOf(site)).text, site).not.toMatch(/site-face-title|\/logo\//);
			expect(await faceOf(site), site).toBeUndefined();
		}
		expect((await ask('/logo/x')).status).toBe(404);
	});

	test('is told in the visitor’s language to a page on which somebody types', async () => {
		expect(await faceOf(SENDS, 'de')).toMatchObject({
			...{ url: SENDS, name: HOSTILE, title: 'Die Website, mit der Sie das Postfach verbinden' },
			advice: { from: 'Hinweis der Website:', text: HOSTILE },
			help: { url: 'mailto:help@sends.example.com' },
		});
	});

	test('a site that reads and sends is spoken of as ever', async () => {
		const face = await faceOf('https://mysite.equisonline.com');
		expect(face).toMatchObject({ name: 'Practice site' });
		expect(face).not.toHaveProperty('consent');
	});

	test('its logo has the headers of the helper’s, by a path that says nothing of the site', async () => {
		const path = String((await faceOf(SENDS))?.['logoPath']);
		const [own, sites] = [await ask('/logo'), await ask(path)];
		expect(sites.text).toBe(SVG);
		const { date: _own, ...expected } = own.headers;
		const { date: _sites, ...headers } = sites.headers;
		expect(headers).toEqual(expected);
	});
});

/** All that is needed, and nobody at the database: what starts nevertheless ends with another sentence. */
const WITHOUT_DATABASE = {
	ORIGIN: 'https://mail.example.com',
	DATABASE_URL: 'postgres://127.0.0.1:1/mailkey',
	MICROSOFT_CLIENT_ID: CLIENT_ID,
	MICROSOFT_CLIENT_SECRET: 'secret',
	TOKEN_KEYS: generateTokenKey('k1'),
};

describe('a fault stops the start with one sentence and status 1', () => {
	const folder = mkdtempSync(join(tmpdir(), 'mailkey-wording-'));
	afterAll(() => rmSync(folder, { recursive: true }));
	const file = join(folder, 'logo.png');
	writeFileSync(file, 'no picture');

	test.each([
		['HELPER_LOGO', join(folder, 'missing.png')],
		['HELPER_LOGO', file],
		['HELPER_ADVICE', 'two\nlines'],
		['SUPPORT_URL', 'javascript:alert(1)'],
	])('%s=%s', async (name, value) => {
		const environment = { ...WITHOUT_DATABASE, [name]: value };
		const { status, stderr, stdout } = await runMailkey(['serve'], { environment, folder });
		expect([status, stdout]).toEqual([1, '']);
		expect(stderr).toMatch(new RegExp(`^${name} must be [^\\n]+\\.\\n$`));
	});
});
