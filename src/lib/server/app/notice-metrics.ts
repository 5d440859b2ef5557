// What is counted of mails to people.

import { Counter, type Registry } from 'prom-client';

const RESULTS = ['sent', 'failed', 'refused'] as const;

export function noticeMetrics(registers: Registry[]) {
	const posts = new Counter({
		name: 'mailkey_notices_total',
		help: 'Mails to people: sent, failed (tried again), refused by the mail server.',
		labelNames: ['result'],
		registers,
	});
	for (const result of RESULTS) posts.inc({ result }, 0);
	return (result: (typeof RESULTS)[number]) => posts.inc({ result });
}
