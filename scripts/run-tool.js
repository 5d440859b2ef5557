// Runs a program in the project's folder and waits for it; a signal that ends us ends it first.
// Tools of node_modules run with the very Node.js that runs us, whatever `node` on the PATH is.

import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Interrupted } from './plain-fault.js';

export const projectFolder = fileURLToPath(new URL('..', import.meta.url));

/**
 * @typedef {object} RunOptions
 * @property {NodeJS.ProcessEnv} [env] instead of our own environment
 * @property {'shown' | 'kept'} [output] shown as it comes, or kept for the caller alone
 * @property {(text: string) => void} [onOutput] is told each piece of kept output
 * @property {AbortSignal} [signal] ends the program
 * @property {string} [cwd] instead of the project's folder
 */

/**
 * @typedef {object} Ended
 * @property {number} status the exit status; 128 and the signal's number where a signal ended it
 * @property {string} output what it wrote, both streams in the order they came; empty where shown
 */

const endingSignals = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);

/**
 * @param {string} name of a tool in node_modules/.bin that is written in JavaScript
 * @param {string[]} args
 * @param {RunOptions} [options]
 */
export function runTool(name, args, options) {
	const tool = join(projectFolder, 'node_modules', '.bin', name);
	return runProgram(process.execPath, [tool, ...args], options);
}

/**
 * @param {string} command
 * @param {string[]} args
 * @param {RunOptions} [options]
 * @returns {Promise<Ended>} rejects if the program cannot be started at all
 */
export function runProgram(command, args, options = {}) {
	const { env = process.env, output = 'shown', signal, cwd = projectFolder } = options;
	const child = spawn(command, args, {
		cwd,
		...(signal ? { signal } : {}),
		...(output === 'shown'
			? { env, stdio: 'inherit' }
			: { env: endingWithUs(env), stdio: ['ignore', 'pipe', 'pipe', 'ipc'] }),
	});
	const signals = passSignalsOn(child);
	return end(child, options).finally(() => signals.stop());
}

/**
 * What works unseen ends at once, and with us, if it is a program of Node.js (end-with-parent.js).
 *
 * @param {NodeJS.ProcessEnv} env
 */
function endingWithUs(env) {
	const preload = new URL('end-with-parent.js', import.meta.url).href;
	const options = `${env['NODE_OPTIONS'] ?? ''} --import ${preload}`;
	return { ...env, NODE_OPTIONS: options, ENDS_WITH: String(process.pid) };
}

/**
 * @param {import('node:child_process').ChildProcess} child
 * @param {RunOptions} options
 * @returns {Promise<Ended>}
 */
function end(child, { onOutput }) {
	let output = '';
	for (const stream of [child.stdout, child.stderr]) {
		stream?.setEncoding('utf8').on('data', (/** @type {string} */ text) => {
			output += text;
			onOutput?.(text);
		});
	}
	return new Promise((resolve, reject) => {
		child.on('error', reject);
		child.on('close', (code, signal) => {
			resolve({ status: code ?? 128 + (signal ? constants.signals[signal] : 0), output });
		});
	});
}

/**
 * A signal that would end us waits until the program has ended of it, and is then thrown.
 *
 * @param {import('node:child_process').ChildProcess} child
 */
function passSignalsOn(child) {
	/** @type {NodeJS.Signals | undefined} */
	let received;
	const passOn = (/** @type {NodeJS.Signals} */ signal) => {
		received ??= signal;
		// Ctrl-C reaches the program from the terminal, and a second one means "at once" to some.
		if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
		if (child.connected) child.send('end');
	};
	for (const signal of endingSignals) process.on(signal, passOn);
	return {
		/** @throws {Interrupted} */
		stop() {
			for (const signal of endingSignals) process.off(signal, passOn);
			if (received) throw new Interrupted(received);
		},
	};
}
