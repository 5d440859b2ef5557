// Installs what is missing, and says and does nothing when nothing is. Everything it says goes to
// stderr: on stdout a command may be printing JSON.

import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { installPackages } from './install-packages.js';
import { unmetPackages } from './installed.js';
import { acceptsVersion } from './node-version.js';
import { doOnce } from './one-at-a-time.js';
import { PlainFault } from './plain-fault.js';
import { projectFolder, runProgram } from './run-tool.js';

const lockFile = join(projectFolder, 'package-lock.json');
const recordFile = join(projectFolder, 'node_modules', '.package-lock.json');
const stampFile = join(projectFolder, 'node_modules', '.mailkey-installed');

/** @param {import('./installed.js').Needs} needs */
export async function ensureInstalled(needs) {
	refuseOldNode();
	await doOnce('installing', () => isInstalled(needs), install);
}

function refuseOldNode() {
	const packageJson = readFileSync(join(projectFolder, 'package.json'), 'utf8');
	const wanted = /** @type {{ engines: { node: string } }} */ (JSON.parse(packageJson)).engines
		.node;
	if (acceptsVersion(wanted, process.versions.node)) return;
	throw new PlainFault(
		`Mailkey needs Node.js ${wanted.replace('||', 'or')}, but this is ${process.versions.node}.`,
	);
}

/** @param {import('./installed.js').Needs} needs */
function isInstalled(needs) {
	if (!existsSync(recordFile)) return false;
	const unmet = unmetPackages(readLock(lockFile), readLock(recordFile), needs, process);
	return unmet.length === 0 || isStamped();
}

async function install() {
	console.error('Installing what is missing (about a minute) …');
	await installPackages(projectFolder, runNpm);
	writeFileSync(stampFile, fingerprint());
}

/** @param {string[]} args */
async function runNpm(args) {
	const running = process.env['npm_execpath'];
	const [command, ...before] = running?.endsWith('npm-cli.js')
		? [process.execPath, running]
		: ['npm'];
	try {
		return await runProgram(String(command), [...before, ...args], { output: 'kept' });
	} catch (cause) {
		if (!(cause instanceof Error && 'code' in cause && cause.code === 'ENOENT')) throw cause;
		throw new PlainFault('npm was not found: it comes with Node.js and must be on the PATH.', {
			cause,
		});
	}
}

/**
 * npm may drop an optional package that would not install here, and would do so each time. The stamp says
 * that we have installed this lock file and this is what npm made of it; what anybody changes after that
 * changes npm's record too.
 */
function isStamped() {
	return existsSync(stampFile) && readFileSync(stampFile, 'utf8') === fingerprint();
}

function fingerprint() {
	const hash = createHash('sha256').update(`${process.platform} ${process.arch}\n`);
	return hash.update(readFileSync(lockFile)).update(readFileSync(recordFile)).digest('hex');
}

/** @param {string} path @returns {import('./installed.js').LockFile} */
function readLock(path) {
	return JSON.parse(readFileSync(path, 'utf8'));
}
