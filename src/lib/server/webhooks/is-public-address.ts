// Whether a webhook may go to an address: globally routable unicast alone. Whatever leads, or could be translated, into the
// operator's own network is none: a site's administrator names the URL, and must not reach what only the helper can.

import ipaddr from 'ipaddr.js';

/** All that IANA has given out for global unicast so far; beside it are forms with an IPv4 address in them. */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3');

/** An IPv4 address in IPv6's form is judged as what it is. NAT64, 6to4 and Teredo lead to any IPv4 address, and are refused. */
export function isPublicAddress(text: string): boolean {
	if (!ipaddr.isValid(text)) return false;
	const address = ipaddr.process(text);
	if (address.range() !== 'unicast') return false;
	return address instanceof ipaddr.IPv4 || address.match(GLOBAL_UNICAST);
}
