// Compiles the words of each language (src/lib/words/*.inlang) to functions, when they are not compiled from exactly
// these sources. Not committed: they are many times as long as the words.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { doOnce } from './one-at-a-time.js';
import { projectFolder } from './run-tool.js';

const folder = join(projectFolder, 'src', 'lib', 'words');
const compiled = join(folder, 'compiled');
const stampFile = join(compiled, '.stamp');

/** The page's words go to the browser, a language at a time; those of problems stay on the server. */
const projects = ['page', 'problems'];

export async function ensureWords() {
	const sources = fingerprint();
	const isCompiled = () => existsSync(stampFile) && readFileSync(stampFile, 'utf8') === sources;
	await doOnce('compiling the words', isCompiled, () => compileWords(sources));
}

/** @param {string} sources what was read before: what changes meanwhile is compiled next time */
async function compileWords(sources) {
	const { compile } = await import('@inlang/paraglide-js');
	for (const project of projects) {
		await compile({
			project: join(folder, `${project}.inlang`),
			outdir: join(compiled, project),
			outputStructure: 'locale-modules',
			// Which language a visitor wants is seen on the server alone.
			strategy: ['preferredLanguage', 'baseLocale'],
			emitGitIgnore: false,
			emitPrettierIgnore: false,
			emitReadme: false,
			// TypeScript looks at these and not into the compiler's own code.
			emitTsDeclarations: true,
		});
	}
	mkdirSync(compiled, { recursive: true });
	writeFileSync(stampFile, sources);
}

function fingerprint() {
	const hash = createHash('sha256');
	const files = projects.flatMap((project) => [
		join(`${project}.inlang`, 'settings.json'),
		...readdirSync(join(folder, project)).map((name) => join(project, name)),
	]);
	const lock = JSON.parse(readFileSync(join(projectFolder, 'package-lock.json'), 'utf8'));
	hash.update(String(lock.packages['node_modules/@inlang/paraglide-js']?.version));
	for (const file of files.sort()) {
		const content = readFileSync(join(folder, file));
		hash.update(`${file}\n${content.length}\n`).update(content);
	}
	return hash.digest('hex');
}

/** Every language has all words, with the same names and the same markup in them. */
export function checkWords() {
	const faults = projects.flatMap((project) => {
		const english = readWords(project, 'en');
		const { locales } = JSON.parse(
			readFileSync(join(folder, `${project}.inlang`, 'settings.json'), 'utf8'),
		);
		return locales.flatMap((/** @type {string} */ language) =>
			wordFaults(english, readWords(project, language)).map(
				(fault) => `src/lib/words/${project}/${language}.json: ${fault}`,
			),
		);
	});
	for (const fault of faults) console.error(fault);
	return Promise.resolve(faults.length === 0);
}

/** @typedef {Record<string, unknown>} Words */

/** @param {string} project @param {string} language @returns {Words} */
function readWords(project, language) {
	return JSON.parse(readFileSync(join(folder, project, `${language}.json`), 'utf8'));
}

/**
 * @param {Words} english
 * @param {Words} words
 * @returns {string[]} a sentence for each word
 */
export function wordFaults(english, words) {
	const missing = Object.keys(english).filter((key) => !Object.hasOwn(words, key));
	const unknown = Object.keys(words).filter((key) => !Object.hasOwn(english, key));
	const different = Object.keys(english).filter(
		(key) => Object.hasOwn(words, key) && namesIn(english[key]) !== namesIn(words[key]),
	);
	return [
		...missing.map((key) => `"${key}" is missing.`),
		...unknown.map((key) => `"${key}" is no word of the English file.`),
		...different.map((key) => `"${key}" has not the same names in braces as in English.`),
	];
}

/** @param {unknown} word a text, or its forms for each number */
function namesIn(word) {
	const text = JSON.stringify(word);
	return [...new Set(text.match(/\{[#/]?[a-z_]+\}/g))].sort().join();
}
