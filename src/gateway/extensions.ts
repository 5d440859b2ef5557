// What SMTP may offer before anybody has logged in, when the mail server is not known yet: what all servers seen so
// far offer, without what cannot be offered here. Before the first login it is what Exchange Online offers: a program
// that finds too little gives up for good (Postfix, a message in UTF-8 without SMTPUTF8), never logs in, and so nothing
// would ever be learned.

import { setNewest } from '../lib/domain/set-newest.ts';

export type Extensions = {
	saw(host: string, extensions: readonly string[]): void;
	offered(): readonly string[];
};

/** smtp.office365.com, port 587, in November 2025. */
const EXCHANGE_ONLINE = [
	'SIZE 157286400',
	'PIPELINING',
	'DSN',
	'ENHANCEDSTATUSCODES',
	'8BITMIME',
	'BINARYMIME',
	'CHUNKING',
	'SMTPUTF8',
];
/** Ours to offer or not, and what a server offers to nobody but itself. */
const NOT_OFFERED = /^(AUTH|STARTTLS|XCLIENT|XFORWARD|X-|VRFY|EXPN|ETRN|TURN|ATRN|BURL)/i;
const MAX_SERVERS = 20;

export function createExtensions(): Extensions {
	const seen = new Map<string, readonly string[]>();
	return {
		saw(host, extensions) {
			const sound = extensions.filter(
				(line) => !NOT_OFFERED.test(line) && /^[A-Za-z0-9][\x20-\x7e]{0,200}$/.test(line),
			);
			setNewest(seen, host, sound, MAX_SERVERS);
		},
		offered() {
			const [first, ...others] = seen.values();
			if (!first) return EXCHANGE_ONLINE;
			return first.filter((line) => others.every((other) => other.includes(line)));
		},
	};
}
