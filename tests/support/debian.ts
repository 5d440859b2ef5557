// Programs of Debian that tests run, installed where that is possible.

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

const canInstall = () => process.getuid?.() === 0 && existsSync('/etc/debian_version');

/** True when all of `paths` are there, if need be after `packages` were installed, which needs root. */
export async function ensureDebianPackages(
	packages: readonly string[],
	paths: readonly string[],
): Promise<boolean> {
	const isThere = () => paths.every((path) => existsSync(path));
	if (isThere()) return true;
	if (!canInstall()) return false;
	try {
		await apt('update');
		await install(await known(packages));
	} catch {
		// No network, or no such packages: the tests say that they were skipped.
		return false;
	}
	return isThere();
}

/**
 * For packages that exclude each other: their files, in `folder`, and nothing of them on the machine but the
 * libraries that they need. False where that is not possible.
 */
export async function unpackDebianPackages(
	packages: readonly string[],
	folder: string,
): Promise<boolean> {
	if (!canInstall()) return false;
	try {
		await apt('update');
		await mkdir(folder, { recursive: true });
		await run('apt-get', ['-qq', 'download', ...packages], { cwd: folder });
		const files = (await readdir(folder)).filter((name) => name.endsWith('.deb'));
		const needed: string[] = [];
		for (const file of files.map((name) => join(folder, name))) {
			await run('dpkg', ['-x', file, folder]);
			const { stdout } = await run('dpkg-deb', ['--field', file, 'Depends']);
			needed.push(...[...stdout.matchAll(/\blib[\w.+-]+/g)].map(([name]) => name));
		}
		await install(await known(needed));
		return true;
	} catch {
		return false;
	}
}

/** Tests run side by side, and apt does not wait for its lists. */
async function apt(...args: string[]): Promise<void> {
	const lock = join(tmpdir(), 'mailkey-apt.lock');
	const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
	await run('flock', [lock, 'apt-get', '-qq', '-o', 'DPkg::Lock::Timeout=120', ...args], { env });
}

async function install(packages: readonly string[]): Promise<void> {
	if (packages.length > 0) await apt('install', '-y', '--no-install-recommends', ...packages);
}

/** Those that this Debian has: one that it lacks would keep all the others away. */
async function known(packages: readonly string[]): Promise<string[]> {
	const { stdout } = await run('apt-cache', ['madison', ...packages]);
	const names = new Set(stdout.split('\n').map((line) => line.split('|')[0]?.trim()));
	return packages.filter((name) => names.has(name));
}
