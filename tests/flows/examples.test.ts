// The examples of the guide for mail engines, run as they stand: they resolve an identifier over HTTP, and read and send
// mail at a real Dovecot with nothing but the answer.

import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createSiteApi } from '../../src/http/site-api.ts';
import { ensureDovecot, startDovecot, type Dovecot } from '../support/dovecot.ts';
import { createExampleFolder } from '../support/example-folder.ts';
import { startMailRelay, type MailRelay } from '../support/mail-relay.ts';
import { startTestHelper, type TestHelper } from '../support/test-helper.ts';
import { VISITOR } from '../support/visitor.ts';

const run = promisify(execFile);
const hasDovecot = await ensureDovecot();
const hasPython = await run('python3', ['--version']).then(
	() => true,
	() => false,
);

let folder: string;
const example = (name: string) => join(folder, name);

describe.skipIf(!hasDovecot)('the examples of the guide', () => {
	let its: TestHelper;
	let dovecot: Dovecot;
	let relay: MailRelay;
	let server: Server;
	let environment: NodeJS.ProcessEnv;
	const sent: string[] = [];

	beforeAll(async () => {
		folder = await createExampleFolder();
		relay = await startMailRelay(({ content }) => {
			sent.push(content);
			return Promise.resolve();
		});
		its = await startTestHelper({
			startMail: async (microsoft) => {
				dovecot = await startDovecot(microsoft, relay.port);
				return dovecot.servers;
			},
		});
		const siteApi = createSiteApi(its.app, () => VISITOR);
		server = createServer((request, response) => void siteApi(request, response, []));
		server.listen(0, '127.0.0.1');
		await once(server, 'listening');
		const status = await its.openBrowser().signIn('engine@mycompany.com');
		if (status.status !== 'ready') throw new Error(status.status);
		environment = {
			PATH: process.env['PATH'],
			HELPER: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
			SITE_KEY: its.siteKey,
			IDENTIFIER: status.identifier,
			// Each language's own way to trust the test's authority; the examples know nothing of it.
			NODE_EXTRA_CA_CERTS: dovecot.authorityFile,
			SSL_CERT_FILE: dovecot.authorityFile,
			CURL_CA_BUNDLE: dovecot.authorityFile,
		};
	});
	afterAll(async () => {
		server.closeAllConnections();
		server.close();
		await its.stop();
		await dovecot.stop();
		await relay.stop();
		await rm(folder, { recursive: true, force: true });
	});

	test('Node.js, with imapflow and nodemailer', async () => {
		const { stdout } = await run(process.execPath, [example('mail.mjs'), '--send'], {
			env: environment,
		});
		expect(stdout).toBe('INBOX has 0 messages\nsent\n');
		expect(sent.at(-1)).toContain('Subject: Hello from Node.js');
	});

	test.skipIf(!hasPython)('Python, with its standard library', async () => {
		const { stdout } = await run('python3', [example('mail.py'), '--send'], { env: environment });
		expect(stdout).toBe('INBOX has 0 messages\nsent\n');
		expect(sent.at(-1)).toContain('Subject: Hello from Python');
	});

	test('curl', async () => {
		const { stdout } = await run('sh', [example('mail.sh'), '--send'], { env: environment });
		expect(stdout).toMatch(/\* 0 EXISTS[^]*sent\n$/);
		expect(sent.at(-1)).toContain('Subject: Hello from curl');
	});

	test('a wrong site key is said, and no login is tried', async () => {
		const wrong = { ...environment, SITE_KEY: 'wrong' };
		await expect(
			run(process.execPath, [example('mail.mjs')], { env: wrong }),
		).rejects.toMatchObject({ stderr: expect.stringContaining('invalid_site_key') as string });
	});
});
