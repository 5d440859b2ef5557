// The mail gateway: a mail client logs in with its mailbox and the identifier, the gateway logs in to the mail server
// with an access token, and from then on only carries bytes.

import { setTimeout as sleep } from 'node:timers/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { clientAddressOf } from '../lib/server/client-address.ts';
import { listen } from '../lib/server/listen.ts';
import type { Log } from '../lib/server/log.ts';
import { acceptTls } from './accept-tls.ts';
import { createAskHelper } from './ask-helper.ts';
import { createDialer } from './dial.ts';
import { createDialAhead } from './dial-ahead.ts';
import { createExtensions } from './extensions.ts';
import type { GatewayMetrics } from './gateway-metrics.ts';
import type { GatewaySettings, ListenerSettings } from './gateway-settings.ts';
import { createLoginThrottle } from './login-throttle.ts';
import { dialogues } from './dialogues.ts';
import { openConnection, type Connection, type ConnectionContext } from './connection.ts';
import { createSlots } from './slots.ts';
import { destroyWithin, ignoreFault } from './wire.ts';

export type Gateway = {
	/** By the name of the flag: the port that is listened on. */
	ports: Readonly<Record<string, number>>;
	/** True when the helper answers and the gateway is not stopping. */
	isReady(): Promise<boolean>;
	/** Clients that are logged in may finish, up to `limitMs`. */
	stop(limitMs: number): Promise<void>;
};

/** Connections that the system holds until they are accepted: a herd that reconnects fits in. */
const MAX_WAITING = 1024;

/** Between two looks at who has become quiet. */
const LOOK_MS = 500;
const READY_LIMIT_MS = 5_000;
/** Its one line is in the network's hands long before. */
const REFUSAL_MS = 1_000;

/** Throws `OperatorError` when an address cannot be listened on. */
export async function startGateway(
	settings: GatewaySettings,
	{ log, metrics }: { log: Log; metrics: GatewayMetrics },
): Promise<Gateway> {
	const { helper, listeners, secureContext, maxConnections } = settings;
	const context = createContext(settings, log, metrics);
	const connections = new Set<Connection>();
	const slots = createSlots(maxConnections);
	let isStopping = false;

	function accept(listener: ListenerSettings, socket: Socket): void {
		socket.on('error', ignoreFault).setNoDelay();
		const clientAddress = clientAddressOf(socket.remoteAddress);
		const slot = isStopping ? undefined : slots.take(clientAddress, () => connection.turnAway());
		if (!slot) return refuse(socket, listener, isStopping ? 'shutdown' : 'too_many');
		socket.on('close', () => slots.free(slot));
		const { protocol } = listener;
		const { remoteAddress: address } = socket;
		const tlsFailed = (reason: string) =>
			log.warn({ protocol, reason, address }, 'a TLS handshake failed');
		const startTls =
			secureContext && ((plain: Socket) => acceptTls(plain, secureContext, tlsFailed));
		const onLogin = () => slots.loggedIn(slot);
		const connection = openConnection(
			context,
			listener,
			{ socket, clientAddress, startTls },
			onLogin,
		);
		connections.add(connection);
		void connection.gone.then(() => connections.delete(connection));
	}

	const { servers, ports } = await listenOnAll(listeners, accept);
	return {
		ports,
		isReady: async () => !isStopping && (await isUp(helper)),
		async stop(limitMs) {
			isStopping = true;
			const closed = servers.map((server) => new Promise((resolve) => server.close(resolve)));
			for (const connection of connections) connection.sayGoodbye('shutdown');
			const deadline = performance.now() + limitMs;
			while (connections.size > 0 && performance.now() < deadline) {
				await sleep(Math.min(LOOK_MS, limitMs));
				for (const connection of connections) connection.closeIfIdle();
			}
			for (const connection of connections) connection.close();
			await Promise.all(closed);
		},
	};
}

function createContext(
	settings: GatewaySettings,
	log: Log,
	metrics: GatewayMetrics,
): ConnectionContext {
	const { helper, siteKeys, resolvesPerSecond, longNumbersOnly, loginLimitMs } = settings;
	const extensions = createExtensions();
	const throttle = createLoginThrottle({
		askHelper: createAskHelper(helper, siteKeys),
		clock: {
			now: () => performance.now(),
			after: (ms, run) => void setTimeout(run, ms).unref(),
		},
		resolvesPerSecond,
		onGuess: metrics.guessed,
	});
	metrics.showWaiting(throttle.waiting);
	const dialAhead = createDialAhead(createDialer());
	const logIn = { dialAhead, throttle, longNumbersOnly, sawExtensions: extensions.saw };
	return { log, metrics, extensions, logIn, loginLimitMs };
}

/** Closed as soon as it is told why: it has no slot. */
function refuse(
	socket: Socket,
	{ protocol, start }: ListenerSettings,
	why: 'shutdown' | 'too_many',
): void {
	// In TLS from the first byte nothing can be said before the handshake.
	if (start === 'tls') return void socket.destroy();
	socket.end(dialogues[protocol].goodbye[why], 'latin1', () => socket.destroy());
	destroyWithin(socket, REFUSAL_MS);
}

async function isUp(helper: URL): Promise<boolean> {
	const signal = AbortSignal.timeout(READY_LIMIT_MS);
	return fetch(new URL('/healthz', helper), { signal, redirect: 'error' }).then(
		({ ok }) => ok,
		() => false,
	);
}

async function listenOnAll(
	listeners: readonly ListenerSettings[],
	accept: (listener: ListenerSettings, socket: Socket) => void,
): Promise<{ servers: Server[]; ports: Record<string, number> }> {
	const servers: Server[] = [];
	const ports: Record<string, number> = {};
	try {
		for (const listener of listeners) {
			const server = createServer({ allowHalfOpen: true }, (socket) => accept(listener, socket));
			const { name, host, port } = listener;
			ports[name] = await listen(server, { host, port, backlog: MAX_WAITING }, `--${name}:`);
			// Without a descriptor left, a connection is not accepted and the next one may be.
			server.on('error', () => undefined);
			servers.push(server);
		}
		return { servers, ports };
	} catch (error) {
		for (const server of servers) server.close();
		throw error;
	}
}
