// The lock file installs anywhere: it names no registry's host, so that whichever one is configured serves it, and it
// knows the binaries of every system. npm silently leaves out those that a registry does not have yet, and then
// refuses its own lock file in a fresh clone; so the version that has them all is locked in their place.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectFolder } from './run-tool.js';
import { findFrom } from './shipped.js';

/** @typedef {{ packages: Record<string, { optionalDependencies?: Record<string, string> }> }} LockFile */

export function checkLockFile() {
	const text = readFileSync(join(projectFolder, 'package-lock.json'), 'utf8');
	const count = text.match(/"resolved": "https?:/g)?.length ?? 0;
	if (count > 0) console.error(`package-lock.json: ${count} "resolved" lines name a registry.`);
	const unlocked = unlockedPackages(JSON.parse(text));
	for (const name of unlocked) console.error(`package-lock.json: ${name} is not locked.`);
	return Promise.resolve(count === 0 && unlocked.length === 0);
}

/**
 * @param {LockFile} lock
 * @returns {string[]} names of packages that one of the locked ones can make use of
 */
export function unlockedPackages({ packages }) {
	return Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
		Object.keys(optionalDependencies).filter(
			(name) => findFrom(path, name, packages) === undefined,
		),
	);
}
