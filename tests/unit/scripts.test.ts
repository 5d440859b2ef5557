// What the commands of package.json decide before there is anything to run: whether this Node.js will do,
// whether anything is missing, and what the closing line of the tests says.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, posix } from 'node:path';
import { describe, expect, test } from 'vitest';
import { unmetPackages } from '../../scripts/installed.js';
import { unlockedPackages } from '../../scripts/lock-file.js';
import { acceptsVersion, adviceOn } from '../../scripts/node-version.js';
import { readSockets, watchSockets } from '../../scripts/socket-watch.js';
import {
	closingLines,
	countPlaywright,
	countVitest,
	parseCounts,
	skippedInVitest,
	skippedLines,
} from '../../scripts/test-count.js';

describe('the Node.js version', () => {
	test.each([
		['18.20.4', false],
		['20.18.9', false],
		['20.19.0', true],
		['20.20.2', true],
		['21.7.3', false],
		['22.11.0', false],
		['22.12.0', true],
		['24.0.0', true],
	])('%s is accepted: %s', (version, accepted) => {
		expect(acceptsVersion('^20.19.0 || >=22.12.0', version)).toBe(accepted);
	});

	test.each([
		['20.19.0', 'Node.js 24 is recommended, as Node.js 20 gets no more updates.'],
		['22.12.0', 'Node.js 24 is recommended.'],
	])('%s brings the advice: %s', (version, advice) => {
		const runs = `This is Node.js ${version}, on which Mailkey still runs`;
		expect(adviceOn(version)).toBe(`${runs}; ${advice}`);
	});

	test('the recommended one brings no advice', () => {
		expect(adviceOn('24.0.0')).toBeUndefined();
	});
});

describe('what is installed', () => {
	const linux = { platform: 'linux', arch: 'x64' };
	const lock = {
		packages: {
			'': { version: '0.1.0' },
			'node_modules/postgres': { version: '3.4.9', integrity: 'sha512-a' },
			'node_modules/vitest': { version: '4.1.12', integrity: 'sha512-b', dev: true },
			'node_modules/@esbuild/linux-x64': {
				version: '1.0.0',
				optional: true,
				os: ['linux'],
				cpu: ['x64'],
			},
			'node_modules/fsevents': { version: '2.3.3', optional: true, os: ['darwin'] },
			'node_modules/tslib': { version: '2.0.0', optional: true },
		},
	};
	const {
		'': _project,
		'node_modules/fsevents': _mac,
		'node_modules/tslib': _wasm,
		...here
	} = lock.packages;

	test('is complete without the packages of other systems', () => {
		expect(unmetPackages(lock, { packages: here }, 'devDependencies', linux)).toEqual([]);
	});

	test('is complete without the tools where nothing is developed', () => {
		const { 'node_modules/vitest': _tool, ...production } = here;
		expect(unmetPackages(lock, { packages: production }, 'dependencies', linux)).toEqual([]);
		expect(unmetPackages(lock, { packages: production }, 'devDependencies', linux)).toEqual([
			'node_modules/vitest',
		]);
	});

	test('lacks the binary of this machine after a move from another one', () => {
		const mac = { platform: 'darwin', arch: 'x64' };
		expect(unmetPackages(lock, { packages: here }, 'dependencies', mac)).toEqual([
			'node_modules/fsevents',
		]);
		const { 'node_modules/@esbuild/linux-x64': _binary, ...elsewhere } = here;
		const arm = { platform: 'linux', arch: 'arm64' };
		expect(unmetPackages(lock, { packages: elsewhere }, 'dependencies', arm)).toEqual([]);
		expect(unmetPackages(lock, { packages: elsewhere }, 'dependencies', linux)).toEqual([
			'node_modules/@esbuild/linux-x64',
		]);
	});

	test('lacks a package of another version, of other content, or that nobody locked', () => {
		const packages = {
			...here,
			'node_modules/postgres': { version: '3.4.8', integrity: 'sha512-a' },
			'node_modules/vitest': { version: '4.1.12', integrity: 'sha512-other' },
			'node_modules/left-over': { version: '1.0.0' },
		};
		expect(unmetPackages(lock, { packages }, 'devDependencies', linux)).toEqual([
			'node_modules/postgres',
			'node_modules/vitest',
			'node_modules/left-over',
		]);
	});
});

describe('the lock file', () => {
	test('knows the binary of every system, wherever it stands', () => {
		const optionalDependencies = { '@esbuild/linux-x64': '1.0.0', '@esbuild/darwin-x64': '1.0.0' };
		const packages = {
			'': {},
			'node_modules/tool/node_modules/esbuild': { optionalDependencies },
			'node_modules/tool/node_modules/@esbuild/linux-x64': {},
			'node_modules/@esbuild/darwin-x64': {},
		};
		expect(unlockedPackages({ packages })).toEqual([]);
		const { 'node_modules/@esbuild/darwin-x64': _mac, ...without } = packages;
		expect(unlockedPackages({ packages: without })).toEqual(['@esbuild/darwin-x64']);
	});
});

describe('the closing line of the tests', () => {
	const vitest = {
		numPassedTests: 7,
		numFailedTests: 0,
		numPendingTests: 1,
		numTodoTests: 1,
		testResults: [{ status: 'passed', assertionResults: [{ status: 'passed' }] }],
	};
	const playwright = { stats: { expected: 3, flaky: 0, unexpected: 2, skipped: 0 } };

	test('adds up both runners', () => {
		const counts = [
			countVitest(JSON.stringify(vitest), 0),
			countPlaywright(JSON.stringify(playwright), 1),
		];
		expect(closingLines(counts)).toEqual(['10 passed, 2 failed, 2 skipped']);
	});

	test('leaves out what was skipped if nothing was', () => {
		expect(closingLines([{ passed: 1, failed: 0, skipped: 0 }])).toEqual(['1 passed, 0 failed']);
	});

	test('is that of all runs of CI, each of which has left its counts', () => {
		const first = { passed: 7, failed: 1, skipped: 0, failures: ['Failed: a.test.ts › works'] };
		const left = `${JSON.stringify(first)}\n{"passed":1,"failed":0,"skipped":2}\n`;
		const counts = [...parseCounts(left), { passed: 1, failed: 0, skipped: 0 }];
		expect(closingLines(counts)).toEqual([
			'Failed: a.test.ts › works',
			'9 passed, 1 failed, 2 skipped',
		]);
		expect(parseCounts('')).toEqual([]);
	});

	test('counts a test file that does not load as a failure', () => {
		const unloaded = { ...vitest, testResults: [{ status: 'failed', assertionResults: [] }] };
		expect(countVitest(JSON.stringify(unloaded), 1).failed).toBe(1);
	});

	test('names what failed, with its file', () => {
		const assertionResults = [
			{ status: 'passed', title: 'is well', ancestorTitles: [] },
			{ status: 'failed', title: 'ends', ancestorTitles: ['', 'a link'] },
		];
		const testResults = [
			{ name: join(process.cwd(), 'tests/a.test.ts'), status: 'failed', assertionResults },
			{ name: join(process.cwd(), 'tests/b.test.ts'), status: 'failed', assertionResults: [] },
		];
		const suites = [
			{ specs: [{ title: 'is seen', file: 'c.spec.ts', tests: [{ status: 'unexpected' }] }] },
		];
		expect(
			closingLines([
				countVitest(JSON.stringify({ ...vitest, numFailedTests: 1, testResults }), 1),
				countPlaywright(JSON.stringify({ ...playwright, suites }), 1),
			]),
		).toEqual([
			'Failed: tests/a.test.ts › a link › ends',
			'Failed: tests/b.test.ts does not load',
			'Failed: c.spec.ts › is seen',
			'10 passed, 4 failed, 2 skipped',
		]);
	});

	test('counts a runner that fails without a failed test, or without a report, as a failure', () => {
		expect(countVitest(JSON.stringify(vitest), 1).failed).toBe(1);
		expect(countVitest('', 1).failed).toBe(1);
		expect(countPlaywright('', 1)).toEqual({ passed: 0, failed: 1, skipped: 0 });
	});
});

describe('what the browser tests skipped', () => {
	const spec = (title: string, ...annotations: object[]) => ({ title, tests: [{ annotations }] });

	test('is named with its reason, however deep it stands', () => {
		const inner = {
			specs: [spec('in Firefox', { type: 'skip', description: 'Firefox is not here.' })],
		};
		const later = spec('stands still', { type: 'fixme', description: 'it moves.' });
		const report = { suites: [{ specs: [spec('ran'), later], suites: [inner] }] };
		expect(skippedLines(JSON.stringify(report))).toEqual([
			'Skipped: stands still: it moves.',
			'Skipped: in Firefox: Firefox is not here.',
		]);
	});

	test('is nothing without a reason or a report', () => {
		const report = { suites: [{ specs: [spec('later', { type: 'skip' })] }] };
		expect(skippedLines(JSON.stringify(report))).toEqual([]);
		expect(skippedLines('')).toEqual([]);
	});
});

test('what was skipped without a browser is named when its title gives the reason', () => {
	const result = (title: string) => ({ status: 'pending', title, ancestorTitles: ['', 'Exim'] });
	const assertionResults = [result('sends'), result('skipped: it is not here')];
	const report = { testResults: [{ status: 'passed', assertionResults }] };
	expect(skippedInVitest(JSON.stringify(report))).toEqual(['Skipped: Exim: it is not here']);
	expect(skippedInVitest('')).toEqual([]);
});

describe('the watch over sockets', () => {
	test.each([
		['net.connect(9, "192.0.2.1")', ['192.0.2.1']],
		['net.connect({ port: 9, host: "elsewhere.example" })', ['elsewhere.example']],
		['tls.connect({ port: 9, host: "192.0.2.2" })', ['192.0.2.2']],
		['http.get("http://elsewhere.example:8099/")', ['elsewhere.example']],
		['fetch("https://elsewhere.example:8099/").catch(() => {})', ['elsewhere.example']],
		['fetch("http://127.0.0.1:8099/").catch(() => {})', []],
		['net.connect(9)', []],
	])('sees %s', (statement, expected) => {
		const folder = mkdtempSync(join(tmpdir(), 'mailkey-sockets-'));
		const file = join(folder, 'sockets');
		try {
			const program = `
				process.on('uncaughtException', () => process.exit());
				setTimeout(() => process.exit(), 300);
				const [net, tls, http] = ['net', 'tls', 'http'].map((name) => require(name));
				${statement};`;
			execFileSync(process.execPath, ['-e', program], {
				env: { ...process.env, NODE_OPTIONS: '', ...watchSockets(file) },
			});
			expect(readSockets(file)).toEqual({ opened: 1, foreign: expected });
		} finally {
			rmSync(folder, { recursive: true });
		}
	});
});

test.each(['start', 'build-product', 'test', 'check', 'bench', 'mutations', 'pictures', 'sbom'])(
	'scripts/%s.js and what it imports run before anything is installed',
	(name) => {
		const files = [`scripts/${name}.js`];
		const packages: string[] = [];
		for (const file of files) {
			const source = readFileSync(file, 'utf8');
			for (const [, from = ''] of source.matchAll(/^(?:import|export) [^;]*?from '([^']+)';/gm)) {
				const path = posix.join(posix.dirname(file), from);
				if (!from.startsWith('.')) packages.push(...(from.startsWith('node:') ? [] : [from]));
				else if (!files.includes(path)) files.push(path);
			}
		}
		expect(files.length).toBeGreaterThan(1);
		expect(packages).toEqual([]);
	},
);
