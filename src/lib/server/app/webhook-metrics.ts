// What is counted and measured of events on their way to webhooks.

import { Counter, Gauge, type Registry } from 'prom-client';
import type { WaitingFigures } from '../events/delivery-store.ts';

const RESULTS = ['delivered', 'failed', 'given_up'] as const;

export function webhookMetrics(registers: Registry[]) {
	const tries = new Counter({
		name: 'mailkey_webhook_tries_total',
		help: 'Posts of events to webhooks: delivered, failed (tried again), given_up.',
		labelNames: ['result'],
		registers,
	});
	for (const result of RESULTS) tries.inc({ result }, 0);
	const waiting = new Gauge({
		name: 'mailkey_webhook_events_waiting',
		help: 'Events that wait for their webhook, those that are tried again included.',
		registers,
	});
	const oldest = new Gauge({
		name: 'mailkey_webhook_oldest_waiting_seconds',
		help: 'Age of the oldest of them. After three days one is given up.',
		registers,
	});
	return {
		tried: (result: (typeof RESULTS)[number]) => tries.inc({ result }),
		setWaiting(figures: WaitingFigures | undefined): void {
			if (figures === undefined) return;
			waiting.set(figures.waiting);
			oldest.set(figures.oldestSeconds);
		},
	};
}
