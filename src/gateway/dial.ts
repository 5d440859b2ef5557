// The connection to a mail server: in TLS before a token is said, its certificate verified against the known
// authorities (and those of `NODE_EXTRA_CA_CERTS`).

import { once } from 'node:events';
import { connect, isIP, type Socket } from 'node:net';
import {
	connect as connectTls,
	createSecureContext,
	type ConnectionOptions,
	type TLSSocket,
} from 'node:tls';
import type { Dial } from './protocol.ts';
import { ignoreFault, openWire, type Wire } from './wire.ts';

export type Address = { host: string; port: number };

export type OpenDial = Dial & {
	/** From now on, in place of the one before. */
	limit(ms: number): void;
	/** The limit no longer counts. */
	done(): void;
	/** Whatever is awaited of it fails. */
	hangUp(): void;
	isLate(): boolean;
	/** Or about to be. */
	isOpen(): boolean;
};

/** `limitMs` is for everything until `done`; then the connection is cut. */
export type Dialer = (at: Address, limitMs: number) => OpenDial;

/** Remembers the last TLS session of each server: the next handshake is shorter for both. */
export function createDialer(): Dialer {
	const sessions = new Map<string, Buffer>();
	// One for all: a context of its own for each connection would weigh as much as the connection.
	const secureContext = createSecureContext({ minVersion: 'TLSv1.2' });

	function connectInTls({ host, port }: Address, over: ConnectionOptions): TLSSocket {
		const name = `${host}:${port}`;
		const session = sessions.get(name);
		const options = {
			...over,
			host,
			port,
			secureContext,
			allowHalfOpen: true,
			...(isIP(host) === 0 && { servername: host }),
			...(session && { session }),
		};
		return connectTls(options)
			.on('session', (next) => sessions.set(name, next))
			.once('error', () => sessions.delete(name));
	}

	return (at, limitMs) => openDial(at, limitMs, (over) => connectInTls(at, over));
}

function openDial(
	at: Address,
	limitMs: number,
	connectInTls: (over: ConnectionOptions) => TLSSocket,
): OpenDial {
	let socket: Socket | undefined;
	let wire: Wire | undefined;
	let opening: Promise<Wire> | undefined;
	let isLate = false;
	let timer = setTimeout(cutLate, limitMs);

	function cutLate(): void {
		isLate = true;
		cut('ETIMEDOUT');
	}

	function cut(code: string): void {
		socket?.destroy(Object.assign(new Error(code), { code }));
	}

	function watch<Next extends Socket>(next: Next): Next {
		socket = next;
		return next.on('error', ignoreFault).setNoDelay();
	}

	async function open(next: Socket, event: 'connect' | 'secureConnect'): Promise<Wire> {
		await once(watch(next), event);
		return (wire = openWire(next));
	}

	return {
		inTls: () => (opening ??= open(connectInTls({}), 'secureConnect')),
		inClear: () => (opening ??= open(connect({ ...at, allowHalfOpen: true }), 'connect')),
		async startTls() {
			let ready: Promise<unknown> | undefined;
			wire?.secure((plain) => {
				const secured = watch(connectInTls({ socket: plain }));
				ready = once(secured, 'secureConnect');
				return secured;
			});
			await ready;
		},
		limit(ms) {
			clearTimeout(timer);
			timer = setTimeout(cutLate, ms);
		},
		done: () => clearTimeout(timer),
		hangUp() {
			clearTimeout(timer);
			cut('ECONNABORTED');
		},
		isLate: () => isLate,
		isOpen: () => socket?.destroyed === false,
	};
}
