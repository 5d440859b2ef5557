// Whether a part of the build is made from exactly the sources that are here. Contents decide, not times: a checkout
// sets times as it likes. But to read them all would cost each command more than its own work, so the stamp also
// holds the marks that the system gives to files: while these are the same, the contents are (as git has it).

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const projectFolder = fileURLToPath(new URL('..', import.meta.url));
const folder = join(projectFolder, 'build');

/** @typedef {'page' | 'programs'} Part */
/** @typedef {{ contents: string, marks: string }} Stamp */

/**
 * Of the sources each part leaves out what is the other's alone, so that a new folder counts until it is known.
 *
 * @type {Record<Part, { inputs: string[], without: RegExp, outputs: string[] }>}
 */
const parts = {
	page: {
		inputs: ['src', 'static', 'svelte.config.js', 'vite.config.ts', 'package-lock.json'],
		without: /^src\/(cli|embedded-postgres|gateway|http|practice)$/,
		outputs: ['build/page/handler.js'],
	},
	programs: {
		inputs: ['src', 'scripts/build-programs.js', 'package.json', 'package-lock.json'],
		without: /^src\/(app\..*|hooks\..*|routes|lib\/(browser|components))$/,
		outputs: ['build/mailkey/main.js', 'packages/gateway/dist/main.js'],
	},
};

/** npm's record: as long as it is the same, so is what is installed. */
const installed = 'node_modules/.package-lock.json';

/**
 * Whether nothing has changed since the part was last found to be current, all that it needs being installed. False says
 * nothing.
 *
 * @param {Part} part
 */
export function hasMarks(part) {
	const stamp = readStamp(part);
	return stamp !== undefined && stamp.marks === marksOf(part);
}

/** @param {Part} part */
export function isCurrent(part) {
	const stamp = readStamp(part);
	if (stamp?.contents !== contentsOf(part)) return false;
	if (stamp.marks !== marksOf(part)) writeMarks(part, stamp);
	return true;
}

/**
 * Read before a build, stamped after it: what changes meanwhile is built next time.
 *
 * @param {Part} part
 */
export function readSources(part) {
	const stamp = { contents: contentsOf(part), marks: marksOf(part) };
	return {
		stamp() {
			mkdirSync(folder, { recursive: true });
			writeFileSync(stampFile(part), JSON.stringify(stamp));
		},
	};
}

/**
 * Where this user may not write, contents are compared each time.
 *
 * @param {Part} part @param {Stamp} stamp
 */
function writeMarks(part, { contents }) {
	try {
		writeFileSync(stampFile(part), JSON.stringify({ contents, marks: marksOf(part) }));
	} catch (error) {
		const code = error instanceof Error && 'code' in error ? error.code : undefined;
		if (code !== 'EACCES' && code !== 'EPERM' && code !== 'EROFS') throw error;
	}
}

/** @param {Part} part @returns {Stamp | undefined} */
function readStamp(part) {
	const needed = [stampFile(part), ...parts[part].outputs.map((path) => join(projectFolder, path))];
	if (!needed.every((path) => existsSync(path))) return undefined;
	return JSON.parse(readFileSync(stampFile(part), 'utf8'));
}

/** @param {Part} part */
function stampFile(part) {
	return join(folder, `${part}.stamp`);
}

/** @param {Part} part */
function contentsOf(part) {
	const hash = createHash('sha256');
	for (const { path } of filesOf(part)) {
		const content = readFileSync(join(projectFolder, path));
		hash.update(`${path}\n${content.length}\n`).update(content);
	}
	return hash.digest('hex');
}

/** @param {Part} part */
function marksOf(part) {
	const lines = [...filesOf(part), ...filesAt(installed)].map(
		({ path, entry }) => `${path} ${entry.size} ${entry.mtimeMs} ${entry.ctimeMs} ${entry.ino}`,
	);
	return lines.join('\n');
}

/** @typedef {{ path: string, entry: import('node:fs').Stats }} File */

/** @param {Part} part */
function filesOf(part) {
	const { inputs, without } = parts[part];
	return inputs.flatMap((path) => filesAt(path, without));
}

/**
 * Without the compiled words: they are made of others of these.
 *
 * @param {string} path with slashes
 * @param {RegExp} [without]
 * @returns {File[]}
 */
function filesAt(path, without) {
	const entry = statSync(join(projectFolder, path), { throwIfNoEntry: false });
	if (!entry || without?.test(path)) return [];
	if (!entry.isDirectory()) return [{ path, entry }];
	const names = readdirSync(join(projectFolder, path)).filter((name) => name !== 'compiled');
	return names.sort().flatMap((name) => filesAt(`${path}/${name}`, without));
}
