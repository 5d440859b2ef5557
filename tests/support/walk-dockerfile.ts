// Walks the steps of the Dockerfile in empty folders, one for each stage, as an ordinary user: no engine is needed, and
// what a step forgets to bring is missing here too. The base image is this machine's Node.js.

import { execFile } from 'node:child_process';
import { chown, cp, lstat, mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

export const CHECKOUT = fileURLToPath(new URL('../..', import.meta.url));

/** `nobody`, where we are root and can become somebody else. */
export const ORDINARY_USER = process.getuid?.() === 0 ? 65_534 : undefined;

export type Image = {
	/** The folder of the last stage's WORKDIR. */
	folder: string;
	/** Of the stage that builds. */
	buildFolder: string;
	entrypoint: string[];
	healthCheck: string[];
	user: string | undefined;
	from: string;
};

type Stage = { root: string; from: string; workdir: string; words: Map<string, string> };

/** `folder` is empty. */
export async function walkDockerfile(folder: string): Promise<Image> {
	const stages = new Map<string, Stage>();
	let stage: Stage | undefined;
	for (const [keyword, rest] of instructions(
		await readFile(join(CHECKOUT, 'Dockerfile'), 'utf8'),
	)) {
		if (keyword === 'FROM') {
			const [from = '', , name = 'last'] = rest.split(' ');
			const root = join(folder, name);
			stage = { root, from, workdir: root, words: new Map() };
			stages.set(name, stage);
		} else if (stage) {
			await step(stage, stages, keyword, rest);
		}
	}
	const [build, last] = [stages.get('build'), stages.get('last')];
	if (!build || !last) throw new Error('the Dockerfile has no stage "build" and a last one');
	return {
		folder: last.workdir,
		buildFolder: build.workdir,
		from: last.from,
		user: last.words.get('USER'),
		entrypoint: parseList(last.words.get('ENTRYPOINT')),
		healthCheck: parseList(last.words.get('HEALTHCHECK')?.replace(/^.*CMD /, '')),
	};
}

async function step(
	stage: Stage,
	stages: ReadonlyMap<string, Stage>,
	keyword: string,
	rest: string,
) {
	stage.words.set(keyword, rest);
	if (keyword === 'WORKDIR') {
		stage.workdir = join(stage.root, rest);
		await makeFolder(stage.workdir);
	}
	if (keyword === 'RUN') await runStep(stage.workdir, rest);
	if (keyword === 'COPY') await copyStep(stage, stages, rest.split(' '));
}

/** npm would ask a registry; what it would install is here. */
async function runStep(workdir: string, command: string): Promise<void> {
	if (/^npm ci\b/.test(command)) {
		await run('cp', ['-al', join(CHECKOUT, 'node_modules'), workdir]).catch(() =>
			run('cp', ['-a', join(CHECKOUT, 'node_modules'), workdir]),
		);
		const packages = join(workdir, 'node_modules');
		// What tools left there; a fresh one has none of it.
		for (const name of ['.vite', '.vite-temp', '.cache']) {
			await rm(join(packages, name), { recursive: true, force: true });
		}
		return own(packages);
	}
	const { PATH = '' } = process.env;
	const user = ORDINARY_USER === undefined ? {} : { uid: ORDINARY_USER, gid: ORDINARY_USER };
	await run('sh', ['-c', command], { cwd: workdir, env: { PATH, HOME: workdir }, ...user });
}

async function copyStep(
	stage: Stage,
	stages: ReadonlyMap<string, Stage>,
	words: string[],
): Promise<void> {
	const from = words[0]?.startsWith('--from=') ? words.shift()?.slice('--from='.length) : undefined;
	const target = words.pop() ?? '';
	const source = from === undefined ? CHECKOUT : stages.get(from)?.root;
	if (source === undefined) throw new Error(`there is no stage "${from}"`);
	for (const word of words) {
		const into = target.endsWith('/')
			? join(target, word === '.' ? '' : word.split('/').at(-1)!)
			: target;
		if (word === '.') await copyContext(stage.workdir);
		else await cp(join(source, word), join(stage.workdir, into), { recursive: true });
	}
	if (from === undefined) await ownAll(stage.workdir);
}

/** What git knows or would take, without what .dockerignore names. */
async function copyContext(workdir: string): Promise<void> {
	const ignored = (await readFile(join(CHECKOUT, '.dockerignore'), 'utf8'))
		.split('\n')
		.filter((line) => line !== '' && !line.startsWith('#'))
		.map((line) => new RegExp(`^${line.replaceAll('.', '\\.').replaceAll('*', '[^/]*')}(/|$)`));
	const { stdout } = await run('git', ['ls-files', '-co', '--exclude-standard', '-z'], {
		cwd: CHECKOUT,
		maxBuffer: 64e6,
	});
	for (const path of stdout.split('\0')) {
		if (path === '' || ignored.some((pattern) => pattern.test(path))) continue;
		// Listed, but taken away by hand.
		if (!(await lstat(join(CHECKOUT, path)).catch(() => undefined))) continue;
		await mkdir(dirname(join(workdir, path)), { recursive: true });
		await cp(join(CHECKOUT, path), join(workdir, path));
	}
}

/** Its instructions, each in one line, without comments. */
function instructions(text: string): [string, string][] {
	const lines = text
		.replaceAll(/^#.*\n/gm, '')
		.replaceAll(/\\\n\s*/g, '')
		.split('\n');
	return lines
		.filter((line) => line !== '')
		.map((line) => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)]);
}

function parseList(text: string | undefined): string[] {
	return JSON.parse(text ?? '[]') as string[];
}

async function makeFolder(path: string): Promise<void> {
	await mkdir(path, { recursive: true });
	await own(path);
}

async function own(path: string): Promise<void> {
	if (ORDINARY_USER !== undefined) await chown(path, ORDINARY_USER, ORDINARY_USER);
}

/** Not the packages: their files are the checkout's own. */
async function ownAll(folder: string): Promise<void> {
	await own(folder);
	for (const entry of await readdir(folder, { withFileTypes: true })) {
		const path = join(folder, entry.name);
		if (entry.name === 'node_modules') continue;
		if (entry.isDirectory()) await ownAll(path);
		else await own(path);
	}
}
