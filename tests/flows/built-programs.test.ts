// What is run was built: no loader, bundler or compiler is in a process of the product.

import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { shippedPaths } from '../../scripts/shipped.js';
import { textMatching } from '../support/matchers.ts';
import { startRunningHelper } from '../support/running-helper.ts';
import { CHECKOUT } from '../support/walk-dockerfile.ts';

const run = promisify(execFile);
const RECORDER = pathToFileURL(join(CHECKOUT, 'tests/support/recorded-modules.js')).href;

let folder: string;

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), 'mailkey-modules-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

test('the server and the commands of an operator load nothing but the build', async () => {
	const file = join(folder, 'served');
	await writeFile(file, '');
	const recording = { NODE_OPTIONS: `--import=${RECORDER}`, RECORD_MODULES: file };
	const helper = await startRunningHelper(inject('postgresUrl'), recording);
	try {
		await fetch(helper.pageUrl);
		await fetch(`${helper.origin}/readyz`);
	} finally {
		await helper.stop();
	}
	const loaded = await readLoaded(file);
	expect(loaded).toContain('build/mailkey/main.js');
	expect(loaded).toContain('build/page/handler.js');
	expect(loaded.filter((path) => !isOfTheProduct(path))).toEqual([]);
	// While it serves, an update may put other files in the place of these.
	const page = (await readdir(join(CHECKOUT, 'build/page'))).toSorted();
	expect(page).toEqual(['files', 'handler.js']);
	expect(loaded).toContainEqual(textMatching(/^build\/mailkey\/imap-flow-/));
}, 60_000);

test.each([
	[['--help'], ['main.js']],
	[
		['keys', 'generate'],
		['main.js', 'generate-key.js', 'key-ring.js'],
	],
])('mailkey %j loads next to nothing', async (args, expected) => {
	const file = join(folder, args.join('-'));
	await writeFile(file, '');
	await run(process.execPath, [join(CHECKOUT, 'bin/mailkey.js'), ...args], {
		env: { NODE_OPTIONS: `--import=${RECORDER}`, RECORD_MODULES: file },
	});
	const loaded = await readLoaded(file);
	const ours = loaded.filter((path) => path.startsWith('build/'));
	const plain = ours.map((path) =>
		path.replace(/^build\/mailkey\//, '').replace(/-\w{8}\.js$/, '.js'),
	);
	expect(plain.filter((name) => name !== 'rolldown-runtime.js').toSorted()).toEqual(
		expected.toSorted(),
	);
	expect(loaded.filter((path) => !isOfTheProduct(path))).toEqual([]);
});

test.each(['build/mailkey', 'packages/gateway/dist'])(
	'no package is left outside of %s',
	async (program) => {
		const folder = join(CHECKOUT, program);
		const names = (await readdir(folder)).filter((name) => name.endsWith('.js'));
		const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
		const packages = new Set(texts.flatMap(packagesNamedIn));
		expect(packages).toContain('node:net');
		const isNodes = (name: string) => builtinModules.includes(name.replace(/^node:/, ''));
		expect([...packages].filter((name) => !isNodes(name))).toEqual([]);
	},
);

test('every package that is bundled counts as part of the product', async () => {
	const programs = ['build/mailkey', 'packages/gateway/dist'];
	const texts = await Promise.all(
		programs.map((program) => readFile(join(CHECKOUT, program, 'licences.md'), 'utf8')),
	);
	const bundled = texts.flatMap((text) => [...text.matchAll(/^## (\S+) - /gm)]);
	const shipped = [...shippedPaths()].map((path) => path.replace(/^.*node_modules\//, ''));
	expect(bundled.length).toBeGreaterThan(20);
	expect(bundled.map(([, name]) => name).filter((name) => !shipped.includes(name ?? ''))).toEqual(
		[],
	);
});

const STATIC_IMPORT = /^(?:import|export)\b[^'"`;]*?["']([^"'\n.][^"'\n]*)["'];$/gm;
const DYNAMIC_IMPORT = /\bimport\("([^".\n][^"\n]*)"\)/g;

function packagesNamedIn(text: string): string[] {
	return [...text.matchAll(STATIC_IMPORT), ...text.matchAll(DYNAMIC_IMPORT)].map(
		([, name = '']) => name,
	);
}

/** What was loaded, as paths from the project's folder; without Node's own modules. */
async function readLoaded(file: string): Promise<string[]> {
	const lines = (await readFile(file, 'utf8'))
		.split('\n')
		.filter((line) => /^(file:|\/)/.test(line));
	const root = pathToFileURL(CHECKOUT).href;
	return [...new Set(lines)].map((line) => line.replace(root, '').replace(CHECKOUT, ''));
}

/** The scripts see in a checkout whether the build is current. */
function isOfTheProduct(path: string): boolean {
	return /^(bin|build|scripts)\/[^:]*\.js$|^tests\/support\/(recorded-modules|socket-watch)\.js$/.test(
		path,
	);
}
