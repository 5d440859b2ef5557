// What the gateway counts, in the text format of Prometheus. No label names a person, a mailbox or a site.

import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { MailProtocol } from '../lib/domain/mail-protocol.ts';

export type GatewayMetrics = {
	contentType: string;
	text(): Promise<string>;
	/** The connections that are open change by this. */
	connections(protocol: MailProtocol, change: 1 | -1): void;
	loggedIn(
		protocol: MailProtocol,
		outcome: 'ok' | 'refused' | 'unavailable',
		seconds: number,
	): void;
	guessed(guess: 'wrong' | 'repeated' | 'turned_away'): void;
	/** Where to ask how many logins wait for their turn. */
	showWaiting(waiting: () => number): void;
	transferred(protocol: MailProtocol, bytes: { toClient: number; toServer: number }): void;
};

export function createGatewayMetrics({ withProcess }: { withProcess: boolean }): GatewayMetrics {
	const registry = new Registry();
	const registers = [registry];
	if (withProcess) collectDefaultMetrics({ register: registry });
	const open = new Gauge({
		name: 'mailkey_gateway_connections',
		help: 'Connections of mail clients that are open.',
		labelNames: ['protocol'],
		registers,
	});
	const logins = new Counter({
		name: 'mailkey_gateway_logins_total',
		help: 'Logins, by "ok", "refused" (wrong) and "unavailable" (may work later).',
		labelNames: ['protocol', 'outcome'],
		registers,
	});
	const seconds = new Histogram({
		name: 'mailkey_gateway_login_seconds',
		help: 'How long a login took, with the helper and the mail server.',
		buckets: [0.01, 0.05, 0.2, 1, 5, 20],
		registers,
	});
	const guesses = new Counter({
		name: 'mailkey_gateway_guesses_total',
		help: 'Unknown identifiers: "wrong" (asked), "repeated" (answered from memory), "turned_away" (not asked: too many).',
		labelNames: ['result'],
		registers,
	});
	const bytes = new Counter({
		name: 'mailkey_gateway_bytes_total',
		help: 'Bytes passed on for connections that have ended.',
		labelNames: ['protocol', 'direction'],
		registers,
	});
	return {
		contentType: registry.contentType,
		text: () => registry.metrics(),
		connections: (protocol, change) => open.inc({ protocol }, change),
		loggedIn(protocol, outcome, took) {
			logins.inc({ protocol, outcome });
			seconds.observe(took);
		},
		guessed: (result) => guesses.inc({ result }),
		showWaiting(waiting) {
			new Gauge({
				name: 'mailkey_gateway_logins_waiting',
				help: 'Logins that are not known to the gateway and wait for their turn.',
				registers,
				collect() {
					this.set(waiting());
				},
			});
		},
		transferred(protocol, { toClient, toServer }) {
			bytes.inc({ protocol, direction: 'to_client' }, toClient);
			bytes.inc({ protocol, direction: 'to_server' }, toServer);
		},
	};
}
