// The mail hosts as URLs: `imaps://host:993`, `pop3s://host:995`, `smtp://host:587` or `smtps://host:465`.

import type { MailServer, MailServers } from '../../domain/cloud.ts';
import type { Reader } from './reader.ts';

type Scheme = Pick<MailServer, 'security' | 'port'>;

const IMAP: Record<string, Scheme> = { 'imaps:': { security: 'tls', port: 993 } };
const POP: Record<string, Scheme> = { 'pop3s:': { security: 'tls', port: 995 } };
const SMTP: Record<string, Scheme> = {
	'smtp:': { security: 'starttls', port: 587 },
	'smtps:': { security: 'tls', port: 465 },
};

/** Only those that the operator names. */
export function readMailServers(reader: Reader): Partial<MailServers> {
	const imap = readMailServer(reader, 'MAIL_IMAP', IMAP);
	const pop = readMailServer(reader, 'MAIL_POP', POP);
	const smtp = readMailServer(reader, 'MAIL_SMTP', SMTP);
	return { ...(imap && { imap }), ...(pop && { pop }), ...(smtp && { smtp }) };
}

function readMailServer(
	reader: Reader,
	name: string,
	schemes: Readonly<Record<string, Scheme>>,
): MailServer | undefined {
	const text = reader.text(name);
	if (text === undefined) return undefined;
	const url = URL.canParse(text) ? new URL(text) : undefined;
	const scheme = url && schemes[url.protocol];
	if (url !== undefined && scheme !== undefined && isHostAndPort(url)) {
		const port = url.port === '' ? scheme.port : Number(url.port);
		return { security: scheme.security, host: url.hostname, port };
	}
	const forms = Object.entries(schemes).map(([protocol, { port }]) => `${protocol}//host:${port}`);
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
