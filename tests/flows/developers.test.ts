// What the developer of a mail engine has in practice mode: identifiers, states and mail without a browser, the client
// library as it is installed, and examples that send a message and read it.

import { randomBytes } from 'node:crypto';
import { execFile } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ImapFlow } from 'imapflow';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createExampleFolder } from '../support/example-folder.ts';
import { startGatewayProcess } from '../support/gateway-process.ts';
import {
	createPracticeHelper,
	type Connected,
	type PracticeHelper,
} from '../support/practice-helper.ts';
import { testClient, type ClientModule } from '../support/client-suite.ts';
import { testWebhooks, type WebhooksModule } from '../support/webhook-suite.ts';
import type { Resolved } from '../../src/lib/server/tokens/resolve-identifier.ts';

const run = promisify(execFile);
const [hasPython, hasMono] = await Promise.all(['python3', 'mcs'].map(isThere));

const MAILBOX = 'equis@mycompany.com';
const ROOT = fileURLToPath(new URL('../../', import.meta.url));

let its: PracticeHelper;
let madeBeforeTheStart: Connected[];
/** With the examples and the installed client library. */
let folder: string;

beforeAll(async () => {
	its = await createPracticeHelper();
	// At once, as a test suite in several processes does it.
	const mailboxes = [MAILBOX, 'second@mycompany.com', 'third@mycompany.com'];
	madeBeforeTheStart = await Promise.all(mailboxes.map((mailbox) => its.connect(mailbox)));
	await its.start();
	folder = await createExampleFolder();
}, 120_000);

afterAll(async () => {
	await its.stop();
	await rm(folder, { recursive: true, force: true });
});

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
		const [first] = madeBeforeTheStart;
		expect(await its.connect(MAILBOX)).toEqual(first);
		const answers = await Promise.all(madeBeforeTheStart.map(resolve));
		expect(answers.map(({ status, body }) => [status, body.mailbox])).toEqual([
			[200, MAILBOX],
			[200, 'second@mycompany.com'],
			[200, 'third@mycompany.com'],
		]);
		const other = await its.connect('other@mycompany.com');
		expect(new Set([...madeBeforeTheStart, other].map(({ key }) => key)).size).toBe(1);
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
		// Nine commands, each a process that opens the database.
	}, 90_000);

	test('deliver puts a message into the INBOX, where IMAP finds it', async () => {
		const mailbox = await its.connect('inbox@mycompany.com');
		const file = join(its.folder, 'message.eml');
		await writeFile(file, 'Subject: from outside\n\n.\nHello\n');
		await its.mailkey(['practice', 'deliver', 'inbox@mycompany.com', file]);
		const client = await openImap((await resolve(mailbox)).body);
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

describe('the client library, packed and installed', () => {
	const modules = new Map<string, unknown>();
	beforeAll(async () => {
		const installed = createRequire(join(folder, 'engine.js'));
		for (const name of ['mailkey-client', 'mailkey-client/webhooks']) {
			modules.set(name, await import(installed.resolve(name)));
		}
	});

	testClient(() => modules.get('mailkey-client') as ClientModule);
	testWebhooks(() => modules.get('mailkey-client/webhooks') as WebhooksModule);

	test.each(['docs/resolve-api.md', 'packages/client/README.md'])(
		'has all that %s imports of it',
		async (document) => {
			const text = await readFile(join(ROOT, document), 'utf8');
			const imports = text
				.split('\n')
				.map((line) => line.trim())
				.filter((line) => line.startsWith('import ') && line.includes("from 'mailkey-client"));
			expect(imports.length).toBeGreaterThan(1);
			const program = join(folder, `${basename(document)}.mjs`);
			for (const line of imports) {
				await writeFile(program, line);
				await run(process.execPath, [program]);
			}
		},
	);
});

/** In the order of the guide: the same folder, the same helper, a mailbox each. */
describe('the examples of the guide, in practice mode', () => {
	/** Runs it twice: what the first sends, the second reads. */
	async function sendThenRead(program: string, file: string, mailbox: string): Promise<string> {
		const { key, identifier } = await its.connect(mailbox);
		const env = {
			PATH: process.env['PATH'],
			HELPER: its.origin,
			SITE_KEY: key,
			IDENTIFIER: identifier,
			NODE_EXTRA_CA_CERTS: its.authorityFile,
			SSL_CERT_FILE: its.authorityFile,
			CURL_CA_BUNDLE: its.authorityFile,
		};
		await run(program, [join(folder, file), '--send'], { env });
		return (await run(program, [join(folder, file)], { env })).stdout;
	}

	test('Node.js with the packed client library sends a message and reads it', async () => {
		expect(await sendThenRead(process.execPath, 'mail.mjs', 'node@mycompany.com')).toBe(
			'INBOX has 4 messages\nthe newest: Hello from Node.js\n',
		);
	});

	test.skipIf(!hasPython)('Python sends a message and reads it', async () => {
		expect(await sendThenRead('python3', 'mail.py', 'python@mycompany.com')).toBe(
			'INBOX has 4 messages\nthe newest: Hello from Python\n',
		);
	});

	test('curl sends a message and reads it', async () => {
		const read = await sendThenRead('sh', 'mail.sh', 'curl@mycompany.com');
		expect(read).toMatch(/\* 4 EXISTS[^]*Subject: Hello from curl/);
	});

	test.skipIf(!hasMono)(
		'C# with System.Net.Mail.SmtpClient sends through the gateway',
		async () => {
			const mailbox = 'csharp@mycompany.com';
			const { key, identifier } = await its.connect(mailbox);
			const gateway = await startGatewayProcess(its.origin, [], key, undefined, its.authorityFile);
			try {
				const program = join(folder, 'send.exe');
				await run('mcs', [`-out:${program}`, join(folder, 'SmtpClient.cs')]);
				const env = {
					PATH: process.env['PATH'],
					GATEWAY_HOST: '127.0.0.1',
					GATEWAY_PORT: String(gateway.ports['smtp']),
					MAILBOX: mailbox,
					IDENTIFIER: identifier,
				};
				expect((await run('mono', [program], { env })).stdout).toBe('sent\n');
				const client = await openImap((await resolve({ key, identifier })).body);
				const newest = await client.fetchOne('*', { envelope: true });
				await client.logout();
				expect(newest && newest.envelope?.subject).toBe('Hello from C#');
				await expect(
					run('mono', [program], { env: { ...env, IDENTIFIER: `${identifier}x` } }),
				).rejects.toMatchObject({ stderr: expect.stringContaining('identifier') as string });
			} finally {
				await gateway.stop();
			}
		},
		60_000,
	);
});

async function openImap({ imap, access_token: accessToken }: Resolved): Promise<ImapFlow> {
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
	return client;
}

function isThere(program: string): Promise<boolean> {
	return run(program, ['--version']).then(
		() => true,
		() => false,
	);
}
