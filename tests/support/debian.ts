// Programs of Debian that tests run, installed where that is possible.

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** True when all of `paths` are there, if need be after `packages` were installed, which needs root. */
export async function ensureDebianPackages(
	packages: readonly string[],
	paths: readonly string[],
): Promise<boolean> {
	const isThere = () => paths.every((path) => existsSync(path));
	if (isThere()) return true;
	if (process.getuid?.() !== 0 || !existsSync('/etc/debian_version')) return false;
	const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
	const apt = (...args: string[]) =>
		run('apt-get', ['-qq', '-o', 'DPkg::Lock::Timeout=120', ...args], { env: environment });
	try {
		await apt('update');
		await apt('install', '-y', '--no-install-recommends', ...packages);
	} catch {
		// No network, or no such packages: the tests say that they were skipped.
		return false;
	}
	return isThere();
}
