// The mail hosts as URLs: `imaps://host:993`, `pop3s://host:995`, `smtp://host:587` or `smtps://host:465`.

import {
	MAIL_PROTOCOLS,
	PROTOCOL_FACTS,
	type MailProtocol,
	type MailServer,
	type MailServers,
} from '../../domain/mail-protocol.ts';
import type { Reader } from './reader.ts';

/** Only those that the operator names. */
export function readNamedMailServers(reader: Reader): Partial<MailServers> {
	const named: Partial<MailServers> = {};
	for (const protocol of MAIL_PROTOCOLS) {
		const server = readMailServer(reader, protocol);
		if (server) named[protocol] = server;
	}
	return named;
}

function readMailServer(reader: Reader, protocol: MailProtocol): MailServer | undefined {
	const { setting: name, schemes } = PROTOCOL_FACTS[protocol];
	const text = reader.text(name);
	if (text === undefined) return undefined;
	const url = URL.canParse(text) ? new URL(text) : undefined;
	const scheme = schemes.find((each) => each.name === url?.protocol);
	if (url !== undefined && scheme !== undefined && isHostAndPort(url)) {
		const port = url.port === '' ? scheme.port : Number(url.port);
		return { security: scheme.security, host: url.hostname, port };
	}
	const forms = schemes.map((each) => `${each.name}//host:${each.port}`);
	reader.fault(`${name} must be a URL of the form ${forms.join(' or ')}.`);
	return undefined;
}

/** No user, path or query: what would not be used must not be there. */
function isHostAndPort({
	hostname,
	port,
	username,
	password,
	pathname,
	search,
	hash,
}: URL): boolean {
	const rest = username + password + pathname.replace(/^\/$/, '') + search + hash;
	return hostname !== '' && port !== '0' && rest === '';
}
