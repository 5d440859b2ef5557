// When the client credential ends, as a figure that an alarm can look ahead with.

import { Gauge, type Registry } from 'prom-client';

export function credentialMetrics(registers: Registry[]) {
	const ends = new Gauge({
		name: 'mailkey_credential_ends_timestamp_seconds',
		help: 'When the client certificate ends, or the secret by MICROSOFT_CLIENT_SECRET_EXPIRES; none where nobody knows.',
		labelNames: ['kind'],
		registers,
	});
	return (end: { kind: string; at: Date } | undefined): void => {
		ends.reset();
		if (end !== undefined) ends.set({ kind: end.kind }, end.at.getTime() / 1000);
	};
}
