// `NOTICES_SMTP`, `NOTICES_FROM`, `NOTICES_OPERATOR`: the operator's own mail server, who its mail is from, and who hears of what
// only an operator can mend. `MICROSOFT_CLIENT_SECRET_EXPIRES`: of which day the secret is.

import { parseMailboxAddress, type MailboxAddress } from '../../domain/mailbox-address.ts';
import type { NoticeServer } from '../mail/notice-mailer.ts';
import { isLoopbackHost, type Reader } from './reader.ts';

export type NoticeSettings = {
	server: NoticeServer;
	from: MailboxAddress;
	operator: MailboxAddress | undefined;
};

const SCHEMES = {
	'smtp:': { port: 587, security: 'starttls' },
	'smtps:': { port: 465, security: 'tls' },
} as const;

export function readNotices(reader: Reader): NoticeSettings | undefined {
	const server = readServer(reader, 'NOTICES_SMTP');
	const operator = readAddress(reader, 'NOTICES_OPERATOR');
	const from = readAddress(reader, 'NOTICES_FROM') ?? addressOf(server?.auth?.user);
	if (reader.text('NOTICES_SMTP') === undefined) {
		for (const name of ['NOTICES_FROM', 'NOTICES_OPERATOR']) {
			if (reader.text(name) !== undefined) {
				reader.fault(`${name} is set without NOTICES_SMTP: nothing would be sent.`);
			}
		}
		return undefined;
	}
	if (from === undefined && reader.text('NOTICES_FROM') === undefined) {
		reader.fault('NOTICES_FROM is missing: the address that notices are sent from.');
	}
	return server && from && { server, from, operator };
}

/** Never repeats the value: there is a password in it. */
function readServer(reader: Reader, name: string): NoticeServer | undefined {
	const text = reader.text(name);
	if (text === undefined) return undefined;
	const url = URL.canParse(text) ? new URL(text) : undefined;
	const scheme = Object.entries(SCHEMES).find(([each]) => each === url?.protocol)?.[1];
	const rest = url && url.pathname.replace(/^\/$/, '') + url.search + url.hash;
	const auth = url && authOf(url);
	if (
		!url ||
		!scheme ||
		url.hostname === '' ||
		rest !== '' ||
		url.port === '0' ||
		auth === 'faulty'
	) {
		reader.fault(
			`${name} must be a URL of the form smtp://user:password@host:587 or smtps://user:password@host:465; special characters in the password as %XX.`,
		);
		return undefined;
	}
	const isLocal = isLoopbackHost(url.hostname);
	return {
		host: url.hostname.replace(/^\[|\]$/g, ''),
		port: url.port === '' ? scheme.port : Number(url.port),
		security: scheme.security === 'starttls' && isLocal ? 'starttls_if_offered' : scheme.security,
		auth,
	};
}

/** A user without a password, or the other way round, is a mistake. */
function authOf({ username, password }: URL): NoticeServer['auth'] | 'faulty' {
	if (username === '' && password === '') return undefined;
	try {
		const auth = { user: decodeURIComponent(username), password: decodeURIComponent(password) };
		return auth.user === '' || auth.password === '' ? 'faulty' : auth;
	} catch {
		// A "%" that begins nothing.
		return 'faulty';
	}
}

function readAddress(reader: Reader, name: string): MailboxAddress | undefined {
	const text = reader.text(name);
	if (text === undefined) return undefined;
	const address = addressOf(text);
	if (address === undefined) reader.fault(`${name} must be an email address.`);
	return address;
}

function addressOf(text: string | undefined): MailboxAddress | undefined {
	const address = parseMailboxAddress(text);
	return address.ok ? address.value : undefined;
}

/** The end of that day, UTC. */
export function readDay(reader: Reader, name: string): Date | undefined {
	const text = reader.text(name);
	if (text === undefined) return undefined;
	const day = /^\d{4}-\d{2}-\d{2}$/.test(text) ? new Date(`${text}T00:00:00Z`) : undefined;
	if (day !== undefined && !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text)) {
		return new Date(day.getTime() + 86_400_000);
	}
	reader.fault(`${name} must be a day such as 2027-05-01.`);
	return undefined;
}
