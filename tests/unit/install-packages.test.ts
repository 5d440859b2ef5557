// Whose install scripts run when a project is installed: with made-up packages, in folders of their own, off line.

import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { installPackages } from '../../scripts/install-packages.js';

let root: string;
let project: string;

beforeEach(() => {
	root = mkdtempSync(join(tmpdir(), 'mailkey-install-'));
	project = join(root, 'project');
	mkdirSync(project);
	for (const name of ['allowed', 'other']) pack(name);
	writeFileSync(
		join(project, 'package.json'),
		JSON.stringify({
			name: 'made-up',
			version: '1.0.0',
			dependencies: { allowed: 'file:../allowed.tgz', other: 'file:../other.tgz' },
			allowScripts: { allowed: true, 'not-installed': true },
		}),
	);
	execFileSync('npm', ['install', '--package-lock-only', '--ignore-scripts', ...offline()], {
		cwd: project,
		stdio: 'pipe',
	});
});

afterEach(() => {
	vi.restoreAllMocks();
	rmSync(root, { recursive: true });
});

test('the install scripts of the allowed packages run, and of no other', async () => {
	await installPackages(project, npm({}));
	expect([hasRun('allowed'), hasRun('other')]).toEqual([true, false]);
});

test('none runs where the operator’s npm ignores scripts, and that is said', async () => {
	const said = vi.spyOn(console, 'error').mockImplementation(() => undefined);
	await installPackages(project, npm({ npm_config_ignore_scripts: 'true' }));
	expect([hasRun('allowed'), hasRun('other')]).toEqual([false, false]);
	expect(said.mock.calls.flat().join('\n')).toMatch(/ignore scripts.* of allowed were not run/);
	writeFileSync(join(project, '.npmrc'), 'ignore-scripts=true\n');
	await installPackages(project, npm({}));
	expect([hasRun('allowed'), hasRun('other')]).toEqual([false, false]);
});

function pack(name: string): void {
	const folder = join(root, name, 'package');
	mkdirSync(folder, { recursive: true });
	const scripts = { postinstall: `node -e "fs.writeFileSync('ran', '')"` };
	writeFileSync(join(folder, 'package.json'), JSON.stringify({ name, version: '1.0.0', scripts }));
	execFileSync('tar', ['-czf', join(root, `${name}.tgz`), '-C', join(root, name), 'package']);
}

function hasRun(name: string): boolean {
	expect(existsSync(join(project, 'node_modules', name, 'package.json'))).toBe(true);
	return existsSync(join(project, 'node_modules', name, 'ran'));
}

function offline(): string[] {
	// npm looks for a newer npm even off line.
	const quiet = ['--no-audit', '--no-fund', '--no-update-notifier'];
	return ['--offline', '--cache', join(root, 'cache'), ...quiet];
}

/** With no settings of whoever runs the tests, and these. */
function npm(settings: NodeJS.ProcessEnv) {
	const own = Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name));
	const userconfig = { npm_config_userconfig: join(root, 'npmrc') };
	const env = { ...Object.fromEntries(own), ...userconfig, ...settings };
	return (args: string[]): Promise<{ status: number; output: string }> =>
		new Promise((resolve, reject) => {
			const child = spawn('npm', [...args, ...offline()], { cwd: project, env });
			let output = '';
			for (const stream of [child.stdout, child.stderr]) {
				stream.setEncoding('utf8').on('data', (text: string) => (output += text));
			}
			child.on('error', reject);
			child.on('close', (status) => resolve({ status: status ?? 1, output }));
		});
}
