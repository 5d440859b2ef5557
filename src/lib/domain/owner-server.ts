// The mail servers that owners are told to enter at a site: Microsoft's, unless the site has others in between, such as
// the mail gateway. Written as URLs: `imap://gateway.example:1143`.

import { parseHostName } from './host-name.ts';
import {
	MAIL_PROTOCOLS,
	mapProtocols,
	PROTOCOL_FACTS,
	type MailProtocol,
} from './mail-protocol.ts';

export type OwnerServer = {
	host: string;
	port: number;
	/** `none`: the server is on the site's own machine. */
	security: 'tls' | 'starttls' | 'none';
};

/** Of the protocols that a site uses. */
export type OwnerServers = Partial<Record<MailProtocol, OwnerServer>>;

export function usedProtocols(servers: OwnerServers): MailProtocol[] {
	return MAIL_PROTOCOLS.filter((protocol) => servers[protocol] !== undefined);
}

/** A site's own machine: what the mail gateway serves there without a certificate needs none. */
const OWN_MACHINE = /^(?:localhost|127(?:\.[0-9]{1,3}){3}|\[::1\])$/;

export function parseOwnerServer(protocol: MailProtocol, text: string): OwnerServer | undefined {
	const [, name = '', typed = '', digits] =
		/^([a-z0-9]+:)\/\/(\[[0-9a-f:.]+\]|[^\s/?#@:[\]]+)(?::([0-9]{1,5}))?\/?$/i.exec(text) ?? [];
	const { ownerSchemes } = PROTOCOL_FACTS[protocol];
	const scheme = ownerSchemes.find((each) => each.name === name.toLowerCase());
	const host = typed.startsWith('[') ? ipv6Of(typed) : parseHostName(typed);
	const port = digits === undefined ? scheme?.port : Number(digits);
	if (scheme === undefined || host === undefined || port === undefined) return undefined;
	if (port < 1 || port > 65_535) return undefined;
	const isLocal = scheme.security === 'starttls' && OWN_MACHINE.test(host);
	return { host, port, security: isLocal ? 'none' : scheme.security };
}

function ipv6Of(typed: string): string | undefined {
	const url = `https://${typed}`;
	return URL.canParse(url) ? new URL(url).hostname : undefined;
}

/** As they stand on a site's row: a column for each protocol. */
export function ownServers(
	site: Record<`${MailProtocol}Server`, string | null>,
): Partial<Record<MailProtocol, string>> {
	const own: Partial<Record<MailProtocol, string>> = {};
	for (const protocol of MAIL_PROTOCOLS) {
		const server = site[`${protocol}Server`];
		if (server !== null) own[protocol] = server;
	}
	return own;
}

/** `imaps://host:993 or imap://host:143` */
export function formsOfOwnerServer(protocol: MailProtocol): string {
	return PROTOCOL_FACTS[protocol].ownerSchemes
		.map(({ name, port }) => `${name}//host:${port}`)
		.join(' or ');
}

/** For the protocols that are used: the site's own servers, and else the usual ones. */
export function ownerServersOf(
	used: readonly MailProtocol[],
	own: Partial<Record<MailProtocol, string>>,
	usual: Record<MailProtocol, OwnerServer>,
): OwnerServers {
	const all = mapProtocols((protocol) => {
		const text = own[protocol];
		return (text && parseOwnerServer(protocol, text)) || usual[protocol];
	});
	const entries = MAIL_PROTOCOLS.filter((protocol) => used.includes(protocol)).map((protocol) => {
		const { host, port, security } = all[protocol];
		return [protocol, { host, port, security }] as const;
	});
	return Object.fromEntries(entries);
}
