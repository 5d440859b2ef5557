// Watches every socket of a test run: nothing in it may leave this machine, as nothing in its configuration does.

import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { projectFolder } from './run-tool.js';

const preload = pathToFileURL(join(projectFolder, 'tests', 'support', 'socket-watch.js')).href;

/**
 * Other users write there too: some tests become one.
 *
 * @param {string} file where the processes write
 * @returns {Record<string, string>}
 */
export function watchSockets(file) {
	writeFileSync(file, '');
	chmodSync(file, 0o666);
	chmodSync(dirname(file), 0o711);
	const others = process.env['NODE_OPTIONS'] ?? '';
	return { NODE_OPTIONS: `${others} --import=${preload}`.trim(), SOCKET_WATCH: file };
}

/**
 * @param {string} file
 * @returns {{ opened: number, foreign: string[] }} how many kinds of hosts were seen, and those that are not this machine
 */
export function readSockets(file) {
	const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
	const hosts = [...new Set(lines.filter((line) => line !== ''))];
	return { opened: hosts.length, foreign: hosts.filter((host) => !isThisMachine(host)) };
}

/**
 * Or nowhere: a name below `invalid` leads nowhere (RFC 6761, 6.4).
 *
 * @param {string} host
 */
function isThisMachine(host) {
	return /^(localhost|127(\.[0-9]{1,3}){3}|::1|a path|.*\.invalid)$/.test(host);
}
