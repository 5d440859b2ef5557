// Where a site's events may be posted to, as the operator types it. What its name leads to is looked at when a connection is
// made: that can change at any time.

import { isIP } from 'node:net';
import { isPublicAddress } from './is-public-address.ts';

export type WebhookBounds = {
	/** Hosts in private networks that the operator allows, in lower case. */
	privateHosts: readonly string[];
	/** In practice mode receivers run on this machine, without TLS. */
	loopback: 'allowed' | 'refused';
};

const LOOPBACK_HOSTS = ['localhost', '127.0.0.1', '[::1]'];

/** A URL is printed in lists. */
const MAX_LENGTH = 2_000;

/** The URL as it is kept, or what speaks against it as the end of a sentence. */
export function parseWebhookUrl(
	text: string,
	bounds: WebhookBounds,
): { url: string } | { fault: string } {
	const url = URL.canParse(text) ? new URL(text) : undefined;
	if (url === undefined || text.length > MAX_LENGTH) return { fault: 'is no URL' };
	if (url.username !== '' || url.password !== '') {
		return { fault: 'must hold no user name and no password: webhooks are signed' };
	}
	if (url.hash !== '') return { fault: 'must have no fragment' };
	if (isLoopback(url.hostname, bounds)) {
		return /^https?:$/.test(url.protocol) ? { url: url.href } : { fault: 'must be an http URL' };
	}
	if (url.protocol !== 'https:') return { fault: 'must be an https URL' };
	if (isAllowedHost(url.hostname, bounds)) return { url: url.href };
	const address = url.hostname.replace(/^\[|\]$/g, '');
	if (isIP(address) !== 0 && !isPublicAddress(address)) {
		return {
			fault: 'is in a private network: name its host in WEBHOOK_PRIVATE_HOSTS, if it may be',
		};
	}
	return { url: url.href };
}

/** Named by the operator, or this machine in practice mode: whatever address it has. */
export function isAllowedHost(hostname: string, bounds: WebhookBounds): boolean {
	return bounds.privateHosts.includes(hostname.toLowerCase()) || isLoopback(hostname, bounds);
}

function isLoopback(hostname: string, { loopback }: WebhookBounds): boolean {
	return loopback === 'allowed' && LOOPBACK_HOSTS.includes(hostname.toLowerCase());
}
