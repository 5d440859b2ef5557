// One mail client, from its connection to its end: the dialogue of its protocol until it is logged in, then bytes.

import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import type { ClientAddress } from '../lib/server/client-address.ts';
import type { Log } from '../lib/server/log.ts';
import { pipe, type Side } from './pipe.ts';
import { dialogues } from './dialogues.ts';
import type { Extensions } from './extensions.ts';
import type { GatewayMetrics } from './gateway-metrics.ts';
import type { ListenerSettings } from './gateway-settings.ts';
import { logIn, type LogInContext } from './log-in.ts';
import type { Dialogue, Upstream, ClientSession } from './protocol.ts';
import { LineTooLong, openWire, type Wire } from './wire.ts';

export type ConnectionContext = {
	log: Log;
	metrics: GatewayMetrics;
	extensions: Extensions;
	logIn: LogInContext;
	/** From the connection to the login, whatever the client sends meanwhile. */
	loginLimitMs: number;
};

export type Connection = {
	gone: Promise<void>;
	/** Only while it is not logged in. */
	sayGoodbye(why: keyof Dialogue['goodbye']): undefined;
	/** Its slot is needed: it is told so and closed at once. */
	turnAway(): void;
	/** An IMAP client that says and hears nothing connects again without loss. */
	closeIfIdle(): void;
	close(): void;
};

/** What is at the other end. */
type Client = {
	socket: Socket;
	clientAddress: ClientAddress;
	/** Undefined where there is no certificate. */
	startTls: ((plain: Socket) => Socket) | undefined;
};

export function openConnection(
	context: ConnectionContext,
	listener: ListenerSettings,
	client: Client,
	onLogin: () => void,
): Connection {
	const { protocol } = listener;
	const { socket } = client;
	const { goodbye } = dialogues[protocol];
	/** Until it is logged in. */
	let wire: Wire | undefined = openWire(socket);
	let bytesSeen = -1;
	const sayGoodbye: Connection['sayGoodbye'] = (why) => {
		wire?.end(goodbye[why]);
		return undefined;
	};

	/** The two ends of what is to be piped; nothing else of the login is kept meanwhile. */
	async function admit(talking: Wire): Promise<[Side, Side] | undefined> {
		const session = openSession(context, listener, client, talking);
		const upstream = await talk(context, session, listener, sayGoodbye);
		if (!upstream) return talking.end('');
		wire = undefined;
		onLogin();
		talking.write(upstream.said);
		return [talking.release(), upstream.wire.release()];
	}

	context.metrics.connections(protocol, 1);
	const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()));
	const piped = admit(wire)
		.then((sides) => sides && pipe(...sides))
		.catch((error: unknown) => {
			context.log.error({ err: error, protocol }, 'a connection failed');
			socket.destroy();
		});
	return {
		gone: Promise.all([piped, closed]).then(() => {
			const { bytesRead: toServer, bytesWritten: toClient } = socket;
			if (!wire) context.metrics.transferred(protocol, { toServer, toClient });
			context.metrics.connections(protocol, -1);
		}),
		sayGoodbye,
		turnAway() {
			sayGoodbye('too_many');
			// What was just written is with the system by then.
			setImmediate(() => socket.destroy());
		},
		closeIfIdle() {
			const bytes = socket.bytesRead + socket.bytesWritten;
			if (protocol === 'imap' && !wire && bytes === bytesSeen) socket.destroy();
			bytesSeen = bytes;
		},
		close: () => void socket.destroy(),
	};
}

function openSession(
	{ log, metrics, extensions, logIn: context }: ConnectionContext,
	{ protocol, isPublic }: ListenerSettings,
	{ socket, clientAddress, startTls: upgrade }: Client,
	wire: Wire,
): ClientSession {
	let isSecure = false;
	const connection = randomBytes(6).toString('hex');
	return {
		wire,
		tls: () => (isSecure || !upgrade ? 'none' : isPublic ? 'required' : 'possible'),
		startTls() {
			if (!upgrade) return;
			wire.secure(upgrade);
			isSecure = true;
		},
		extensions: extensions.offered,
		async logIn(credentials, tag = '') {
			const begun = performance.now();
			const asked = { ...credentials, protocol, clientAddress, tag };
			const { outcome, reason, mailbox } = await whileConnected(socket, (left) =>
				logIn(context, { ...asked, left }),
			);
			const kind = outcome.kind === 'open' ? 'ok' : outcome.kind;
			metrics.loggedIn(protocol, kind, (performance.now() - begun) / 1000);
			const level =
				reason === 'helper_invalid_site_key' ? 'error' : kind === 'ok' ? 'info' : 'warn';
			const who = mailbox && { mailbox };
			log[level]({ connection, protocol, outcome: kind, reason, ...who }, 'login');
			return outcome;
		},
	};
}

/** `left` is aborted when the client leaves meanwhile. */
async function whileConnected<Result>(
	socket: Socket,
	act: (left: AbortSignal) => Promise<Result>,
): Promise<Result> {
	const leaving = new AbortController();
	const leave = () => leaving.abort();
	if (socket.destroyed) leave();
	socket.once('close', leave);
	try {
		return await act(leaving.signal);
	} finally {
		socket.off('close', leave);
	}
}

/** Undefined when the client left, or was sent away. */
async function talk(
	{ log, loginLimitMs }: ConnectionContext,
	session: ClientSession,
	{ protocol, start }: ListenerSettings,
	sayGoodbye: Connection['sayGoodbye'],
): Promise<Upstream | undefined> {
	const limit = setTimeout(() => sayGoodbye('too_slow'), loginLimitMs);
	try {
		if (start === 'tls') session.startTls();
		return await dialogues[protocol].converse(session);
	} catch (error) {
		if (error instanceof LineTooLong) return sayGoodbye('line_too_long');
		log.error({ err: error, protocol }, 'a dialogue failed');
		return sayGoodbye('broken');
	} finally {
		clearTimeout(limit);
	}
}
