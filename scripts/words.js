// Compiles the words of each language (src/lib/words/*) to functions, when they are not compiled from
// exactly these sources. Not committed: they are many times as long as the words.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { doOnce } from './one-at-a-time.js';
import { projectFolder } from './run-tool.js';

const folder = join(projectFolder, 'src', 'lib', 'words');
const compiled = join(folder, 'compiled');
const stampFile = join(compiled, '.stamp');

/** The pages' words go to the browser, a language at a time; those of problems stay on the server. */
const projects = ['start', 'signed-in', 'problems'];

export async function ensureWords() {
	const sources = fingerprint();
	const isCompiled = () => existsSync(stampFile) && readFileSync(stampFile, 'utf8') === sources;
	await doOnce('compiling the words', isCompiled, () => compileWords(sources));
}

/** @type {Omit<import('@inlang/paraglide-js').CompilerOptions, 'project' | 'outdir'>} */
const options = {
	outputStructure: 'locale-modules',
	// Which language a visitor wants is seen on the server alone.
	strategy: ['preferredLanguage', 'baseLocale'],
	emitGitIgnore: false,
	emitPrettierIgnore: false,
	emitReadme: false,
};

/** @param {string} sources what was read before: what changes meanwhile is compiled next time */
async function compileWords(sources) {
	const { compile } = await import('@inlang/paraglide-js');
	for (const project of projects) {
		const outdir = join(compiled, project);
		await compile({ ...options, project: writeProject(project), outdir });
		leaveUnchecked(join(outdir, 'runtime.js'));
	}
	writeFileSync(stampFile, sources);
}

/**
 * TypeScript takes types from it, and has no say in the compiler's own code: it asks for a browser in the scripts too.
 *
 * @param {string} file
 */
function leaveUnchecked(file) {
	writeFileSync(file, `// @ts-nocheck\n${readFileSync(file, 'utf8')}`);
}

/**
 * The compiler wants a folder with its settings, and keeps things of its own there.
 *
 * @param {string} project
 */
function writeProject(project) {
	const projectPath = join(compiled, `${project}.inlang`);
	mkdirSync(projectPath, { recursive: true });
	writeFileSync(join(projectPath, 'settings.json'), JSON.stringify(settingsOf(project)));
	return projectPath;
}

/** @param {string} project */
function settingsOf(project) {
	return {
		baseLocale: 'en',
		locales: languagesOf(project),
		// Both as seen from the folder in which the one of this project is.
		modules: ['../../../../node_modules/@inlang/plugin-message-format/dist/index.js'],
		'plugin.inlang.messageFormat': { pathPattern: `../${project}/{locale}.json` },
	};
}

/** @param {string} project */
function languagesOf(project) {
	return readdirSync(join(folder, project)).map((name) => name.replace(/\.json$/, ''));
}

function fingerprint() {
	const hash = createHash('sha256');
	const lock = JSON.parse(readFileSync(join(projectFolder, 'package-lock.json'), 'utf8'));
	for (const name of ['paraglide-js', 'plugin-message-format']) {
		hash.update(String(lock.packages[`node_modules/@inlang/${name}`]?.version));
	}
	// How they are compiled.
	hash.update(readFileSync(fileURLToPath(import.meta.url)));
	for (const project of projects) {
		for (const name of readdirSync(join(folder, project)).sort()) {
			const content = readFileSync(join(folder, project, name));
			hash.update(`${project} ${name}\n${content.length}\n`).update(content);
		}
	}
	return hash.digest('hex');
}

/** Every language has all words, with the same names and the same markup in them. */
export function checkWords() {
	const faults = projects.flatMap((project) => {
		const english = readWords(project, 'en');
		return languagesOf(project).flatMap((language) =>
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
