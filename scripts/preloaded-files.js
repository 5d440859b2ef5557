// Which built files a page's script asks for by itself: of them src/routes/preload.ts tells the browser with the page.

import { readFile } from 'node:fs/promises';

const MANIFEST = '.svelte-kit/output/client/.vite/manifest.json';

/** SvelteKit itself tells of the start. */
const START = 'node_modules/@sveltejs/kit/src/runtime/client/entry.js';

const OF_A_RETURN = [
	'src/routes/microsoft365_oauth.html/ending-parts.ts',
	'src/routes/microsoft365_oauth.html/entries.svelte.ts',
];

/** @typedef {{ file: string, imports?: string[], css?: string[] }} Chunk */
/** @typedef {Record<string, Chunk>} Chunks */

/** @returns {Promise<import('../src/routes/preloaded-files.ts').PreloadedFiles>} */
export async function preloadedFiles() {
	/** @type {Chunks} */
	const chunks = JSON.parse(await readFile(MANIFEST, 'utf8'));
	const start = withImports(chunks, [START]);
	const needed = withImports(chunks, OF_A_RETURN).filter((chunk) => !start.includes(chunk));
	return {
		startWords: wordsOf(chunks, 'start'),
		returnWords: wordsOf(chunks, 'signed-in'),
		scripts: needed.map(({ file }) => `/${file}`),
		styles: needed.flatMap(({ css = [] }) => css.map((file) => `/${file}`)),
	};
}

/**
 * @param {Chunks} chunks
 * @param {string[]} names
 * @returns {Chunk[]}
 */
function withImports(chunks, names) {
	const found = new Set(names);
	for (const name of found) {
		const chunk = chunks[name];
		if (chunk === undefined) throw new Error(`the build has no ${name}`);
		for (const imported of chunk.imports ?? []) found.add(imported);
	}
	return [...found].flatMap((name) => chunks[name] ?? []);
}

/**
 * @param {Chunks} chunks
 * @param {string} project
 */
function wordsOf(chunks, project) {
	const folder = `src/lib/words/compiled/${project}/messages/`;
	const files = Object.entries(chunks)
		.filter(([source]) => source.startsWith(folder))
		.map(([source, { file }]) => [source.slice(folder.length, -'.js'.length), `/${file}`]);
	return Object.fromEntries(files);
}
