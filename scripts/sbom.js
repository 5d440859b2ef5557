// `npm run sbom`: what is in the product, as CycloneDX 1.5, read from the lock file. `npm sbom` knows only what would be
// installed, and nearly everything is built in.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectFolder } from './run-tool.js';
import { shippedPaths } from './shipped.js';

/** @typedef {{ version: string, license?: string, integrity?: string }} LockedPackage */

/** @type {{ version: string, packages: Record<string, LockedPackage> }} */
const lock = JSON.parse(readFileSync(join(projectFolder, 'package-lock.json'), 'utf8'));

const bom = {
	bomFormat: 'CycloneDX',
	specVersion: '1.5',
	version: 1,
	metadata: { component: { type: 'application', name: 'mailkey', version: lock.version } },
	components: [...shippedPaths()].sort().flatMap(componentAt),
};
console.log(JSON.stringify(bom, null, '\t'));

/** @param {string} path */
function componentAt(path) {
	const locked = lock.packages[path];
	if (!locked) return [];
	const { version, license, integrity } = locked;
	const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
	// The scope's @ is written so in a package URL.
	const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`;
	const component = { type: 'library', 'bom-ref': `${purl}#${path}`, name, version, purl };
	return [
		{
			...component,
			...(license && { licenses: [{ expression: license }] }),
			...(integrity && { hashes: [hashOf(integrity)] }),
		},
	];
}

/** @param {string} integrity as npm writes it: `sha512-` and base64 */
function hashOf(integrity) {
	const [, bits = '', base64 = ''] = /^sha(\d+)-(.+)$/.exec(integrity) ?? [];
	return { alg: `SHA-${bits}`, content: Buffer.from(base64, 'base64').toString('hex') };
}
