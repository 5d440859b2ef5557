// Loaded into every Node process of a test run (`node --import`): writes down which hosts sockets are opened to, before
// their names are looked up. A host that nobody configured is one that somebody outside chose.

import { appendFileSync } from 'node:fs';
import { Socket } from 'node:net';

const file = process.env['SOCKET_WATCH'];
const connect = Socket.prototype.connect;
/** @type {Set<string>} */
const seen = new Set();

if (file) {
	Socket.prototype.connect = /** @this {Socket} @param {any[]} args */ function (...args) {
		const host = hostOf(args);
		if (!seen.has(host)) {
			seen.add(host);
			appendFileSync(file, `${host}\n`);
		}
		return Reflect.apply(connect, this, args);
	};
}

/**
 * `connect(options)`, `connect(port, host)`, `connect(path)`, or what Node itself has brought into one array.
 * @param {any[]} args
 * @returns {string}
 */
function hostOf(args) {
	const [first, second] = Array.isArray(args[0]) ? args[0] : args;
	if (typeof first === 'object') return first.path ? 'a path' : (first.host ?? 'localhost');
	if (!/^[0-9]+$/.test(String(first))) return 'a path';
	return typeof second === 'string' ? second : 'localhost';
}
