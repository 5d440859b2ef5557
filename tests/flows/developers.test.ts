// What the developer of a mail engine has in practice mode: identifiers, states and mail without a browser, the client
// library as it is installed, and examples that send a message and read it.

import { randomBytes } from 'node:crypto';
import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
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
import { startStumblingHelper } from '../support/stumbling-helper.ts';
import { testWebhooks, type WebhooksModule } from '../support/webhook-suite.ts';
import type { Resolved } from '../../src/lib/server/tokens/resolve-identifier.ts';

const run = promisify(execFile);
const [hasPython, hasMono, hasOpenssl] = await Promise.all(
	['python3', 'mcs', 'openssl'].map(isThere),
);
const canRunCsharp = hasMono && hasOpenssl;

const MAILBOX = 'equis@mycompany.com';
const ROOT = fileURLToPath(new URL('../../', import.meta.url));

let its: PracticeHelper;
let madeBeforeTheStart: Connected[];
/** With the examples and the installed client library. */
let folder: string;
const modules = new Map<string, unknown>();

beforeAll(async () => {
	its = await createPracticeHelper();
	// At once, as a test suite in several processes does it.
	const mailboxes = [MAILBOX, 'second@mycompany.com', 'third@mycompany.com'];
	madeBeforeTheStart = await Promise.all(mailboxes.map((mailbox) => its.connect(mailbox)));
	await its.start();
	folder = await createExampleFolder();
	const installed = createRequire(join(folder, 'engine.js'));
	for (const name of ['mailkey-client', 'mailkey-client/webhooks']) {
		modules.set(name, await import(installed.resolve(name)));
	}
}, 120_000);

afterAll(async () => {
	await its.stop();
	await rm(folder, { recursive: true, force: true });
});

function firstMailbox(): Connected {
	const [first] = madeBeforeTheStart;
	if (!first) throw new Error('nothing was connected before the start');
	return first;
}

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
		expect(await its.connect(MAILBOX)).toEqual(firstMailbox());
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
		// As `npm run` in a clone has it: the file is named from another folder than the one that the command runs in.
		const letters = await mkdtemp(join(its.folder, 'letters-'));
		await writeFile(join(letters, 'message.eml'), 'Subject: from outside\n\n.\nHello\n');
		const file = 'message.eml';
		const INIT_CWD = letters;
		await its.mailkey(['practice', 'deliver', 'inbox@mycompany.com', file], { INIT_CWD });
		const client = await openImap((await resolve(mailbox)).body);
		const { source } = (await client.fetchOne('*', { source: true })) || {};
		await client.logout();
		expect(source?.toString()).toBe('Subject: from outside\r\n\r\n.\r\nHello\r\n');
		await expect(
			its.mailkey(['practice', 'deliver', 'a@elsewhere.example', file], { INIT_CWD }),
		).rejects.toMatchObject({ stderr: expect.stringContaining('Recipient not found') as string });
	});

	test('connect by a link ends at the return URL, with a code that completes it once', async () => {
		const { key, site } = firstMailbox();
		const returnUrl = 'http://localhost:4000/settings';
		await its.mailkey(['site', 'change', site, '--add-return-url', returnUrl]);
		const { createClient } = modules.get('mailkey-client') as ClientModule;
		const client = createClient({ helper: its.origin, siteKey: key });
		const email = 'linked@mycompany.com';
		const { id, url } = await client.createConnectLink({ email, returnUrl, state: 'mine' });
		const printed = await its.mailkey(['practice', 'connect', email, '--link', url]);
		const returned = new URL((JSON.parse(printed) as { return_to: string }).return_to);
		expect(returned.origin + returned.pathname).toBe(returnUrl);
		const { connect_link, code = '', state } = Object.fromEntries(returned.searchParams);
		expect([connect_link, state]).toEqual([id, 'mine']);
		const connected = await client.completeConnectLink(id, code);
		expect(connected).toMatchObject({ mailbox: email, signedInAs: email });
		expect((await client.resolve(connected.identifier)).mailbox).toBe(email);
		await expect(its.mailkey(['practice', 'connect', email, '--link', url])).rejects.toMatchObject({
			stderr: expect.stringContaining('link has ended') as string,
		});
		await expect(
			its.mailkey(['practice', 'connect', email, '--link', its.origin]),
		).rejects.toMatchObject({ stderr: expect.stringContaining('no connect link') as string });
	}, 60_000);

	test('connect says in one sentence why nothing came of it', async () => {
		const because = async (mailbox: string, ...args: string[]) => {
			const error = await its.mailkey(['practice', 'connect', mailbox, ...args]).catch(String);
			return error;
		};
		expect(await because('needs-approval@mycompany.com')).toContain(
			'You came back without signing in.',
		);
		const { createClient } = modules.get('mailkey-client') as ClientModule;
		const client = createClient({ helper: its.origin, siteKey: firstMailbox().key });
		const { url } = await client.createConnectLink({ email: 'box@mycompany.com' });
		expect(await because('pat@mycompany.com', '--link', url)).toContain(
			'pat@mycompany.com may not use the mailbox box@mycompany.com.',
		);
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
	const environmentOf = ({ key, identifier }: Connected, helper = its.origin) => ({
		PATH: process.env['PATH'],
		HOME: folder,
		HELPER: helper,
		SITE_KEY: key,
		IDENTIFIER: identifier,
		NODE_EXTRA_CA_CERTS: its.authorityFile,
		SSL_CERT_FILE: its.authorityFile,
		CURL_CA_BUNDLE: its.authorityFile,
	});

	/** Runs it twice: what the first sends, the second reads. */
	async function sendThenRead(program: string, file: string, mailbox: string): Promise<string> {
		const env = environmentOf(await its.connect(mailbox));
		await run(program, [join(folder, file), '--send'], { env });
		return (await run(program, [join(folder, file)], { env })).stdout;
	}

	beforeAll(async () => {
		if (canRunCsharp) await compileMail();
	}, 60_000);

	/** Mono trusts what is in its user's own store, under the hash of the name that OpenSSL gives it. */
	async function compileMail(): Promise<void> {
		await run('mcs', [`-out:${join(folder, 'Mail.exe')}`, join(folder, 'Mail.cs')]);
		const store = join(folder, '.config/.mono/new-certs/Trust');
		await mkdir(store, { recursive: true });
		const asked = ['x509', '-in', its.authorityFile, '-noout', '-subject_hash'];
		const { stdout } = await run('openssl', asked);
		await copyFile(its.authorityFile, join(store, `${stdout.trim()}.0`));
	}

	test.each([
		['node', 'mail.mjs', true],
		['python3', 'mail.py', hasPython],
		['sh', 'mail.sh', true],
		['mono', 'Mail.exe', canRunCsharp],
	])(
		'%s %s asks again what passes, and logs in once more after a refusal',
		async (program, file, isHere) => {
			if (!isHere) return;
			const helper = await startStumblingHelper(its.origin);
			try {
				const env = environmentOf(firstMailbox(), helper.origin);
				const interpreter = program === 'node' ? process.execPath : program;
				const { stdout } = await run(interpreter, [join(folder, file), '--send'], { env });
				expect(stdout).toMatch(/sent\n$/);
				// Once for each login; the client library has kept the token that worked.
				const both = [300, 300, 300, 3000, 300, 3000];
				expect(helper.asked).toEqual(file === 'mail.mjs' ? both.slice(0, 4) : both);
			} finally {
				helper.stop();
			}
		},
	);

	test.each([
		['Received: nowhere\r\n', '(no subject)'],
		['Subject: =?x-nobody?B?SGVsbG8=?=\r\n', 'Hello'],
		['Subject: =?utf-8?B?R3LDvMOfZQ==?=\r\n', 'Grüße'],
	])('the newest message with %j is read as %s', async (header, subject) => {
		const client = await openImap((await resolve(firstMailbox())).body);
		await client.append('INBOX', `${header}\r\nHello\r\n`);
		await client.logout();
		const env = environmentOf(firstMailbox());
		const python = hasPython && run('python3', [join(folder, 'mail.py')], { env });
		const node = await run(process.execPath, [join(folder, 'mail.mjs')], { env });
		expect(node.stdout).toContain(`the newest: ${subject}\n`);
		if (python) expect((await python).stdout).toContain(`the newest: ${subject}\n`);
	});

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
