// Builds the page when it is not built from exactly these sources. Contents are compared, not times: a
// checkout sets times as it likes.

import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { doOnce } from './one-at-a-time.js';
import { PlainFault } from './plain-fault.js';
import { projectFolder, runTool } from './run-tool.js';
import { ensureWords } from './words.js';

const stampFile = join(projectFolder, 'build', '.stamp');
const inputs = ['src', 'static', 'svelte.config.js', 'vite.config.ts', 'package-lock.json'];

export async function ensureBuilt() {
	await ensureWords();
	const sources = fingerprint();
	const isBuilt = () => existsSync(stampFile) && readFileSync(stampFile, 'utf8') === sources;
	await doOnce('building the page', isBuilt, () => build(sources));
}

/** @param {string} sources what was read before the build: what changes meanwhile is built next time */
async function build(sources) {
	console.error('Building the page …');
	const env = { ...process.env, NODE_ENV: 'production' };
	const { status, output } = await runTool('vite', ['build'], { env, output: 'kept' });
	if (status !== 0) {
		console.error(output);
		throw new PlainFault(`Building failed: vite ended with status ${status}, its words are above.`);
	}
	writeFileSync(stampFile, sources);
}

function fingerprint() {
	const hash = createHash('sha256');
	for (const path of inputs.flatMap(filesAt).sort()) {
		const content = readFileSync(join(projectFolder, path));
		hash.update(`${path}\n${content.length}\n`).update(content);
	}
	return hash.digest('hex');
}

/**
 * Without the compiled words: they are made of others of these.
 *
 * @param {string} path
 * @returns {string[]}
 */
function filesAt(path) {
	const entry = statSync(join(projectFolder, path), { throwIfNoEntry: false });
	if (!entry) return [];
	if (!entry.isDirectory()) return [path];
	const names = readdirSync(join(projectFolder, path)).filter((name) => name !== 'compiled');
	return names.flatMap((name) => filesAt(join(path, name)));
}
