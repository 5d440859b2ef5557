// `WEBHOOK_PRIVATE_HOSTS`: where webhooks may go although it is no public address.

import type { Reader } from './reader.ts';

const HOST =
	/^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*|\[[0-9a-f:]+\])$/;

/** In lower case. */
export function readPrivateHosts(reader: Reader, name: string): readonly string[] {
	const hosts = (reader.text(name) ?? '').toLowerCase().split(',');
	const named = hosts.map((host) => host.trim()).filter(Boolean);
	const wrong = named.find((host) => !HOST.test(host));
	if (wrong !== undefined) {
		reader.fault(
			`${name} must be host names with commas between, without scheme or port, such as hooks.internal.example.`,
		);
	}
	return named;
}
