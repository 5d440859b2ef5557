// Who asks, as far as the network tells: the address that limits count by and the audit trail notes.

import ipaddr from 'ipaddr.js';

declare const brand: unique symbol;
/** An IPv4 address, or the network (/64) of an IPv6 address: what one subscriber usually has to himself. */
export type ClientAddress = string & { readonly [brand]: 'ClientAddress' };

/**
 * `peer` is the other end of the connection. Each trusted proxy adds the address that it saw at the right end
 * of `X-Forwarded-For`, so the entry that the outermost of them added is that many from the right; what is
 * left of it was written by the client. Where that entry is missing or no address, somebody came around the
 * proxies, and is known by the connection.
 */
export function clientAddressOf(
	peer: string | undefined,
	forwardedFor?: string,
	trustedProxies = 0,
): ClientAddress {
	const entry = trustedProxies > 0 ? forwardedFor?.split(',').at(-trustedProxies) : undefined;
	return parseClientAddress(entry) ?? parseClientAddress(peer) ?? UNKNOWN_ADDRESS;
}

/** The /48 of an IPv6 address: what one subscriber or tunnel may have. Undefined for IPv4, where an address is enough. */
export function networkOf(address: ClientAddress): string | undefined {
	if (!address.includes(':')) return undefined;
	return `${ipaddr.IPv6.networkAddressFromCIDR(`${address}/48`).toString()}/48`;
}

/** A connection that is gone already has no address any more. */
export const UNKNOWN_ADDRESS = parseUnknown();

function parseUnknown(): ClientAddress {
	return 'unknown' as ClientAddress;
}

/** Some proxies write the port too: `192.0.2.1:5678`, `[2001:db8::1]:5678`. */
function parseClientAddress(text: string | undefined): ClientAddress | undefined {
	const bare = text?.trim().replace(/^\[([^\]]*)\](:\d+)?$|^(\d+\.\d+\.\d+\.\d+):\d+$/, '$1$3');
	if (bare === undefined || bare.length > 45) return undefined;
	if (ipaddr.IPv4.isValidFourPartDecimal(bare)) return bare as ClientAddress;
	if (!ipaddr.IPv6.isValid(bare)) return undefined;
	const address = ipaddr.IPv6.parse(bare);
	if (address.isIPv4MappedAddress()) return address.toIPv4Address().toString() as ClientAddress;
	const network = ipaddr.IPv6.networkAddressFromCIDR(`${address.toNormalizedString()}/64`);
	return network.toString() as ClientAddress;
}
