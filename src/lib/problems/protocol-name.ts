// A mail protocol, and its server, by what they are for: hardly anybody knows them by name.

import type { MailChecks } from '../domain/mail-check.ts';
import { PROTOCOL_FACTS, READING_PROTOCOLS, type MailProtocol } from '../domain/mail-protocol.ts';
import type { PageWords } from '../words/page-words.ts';

export function protocolName(protocol: MailProtocol, words: PageWords): string {
	const { name, use } = PROTOCOL_FACTS[protocol];
	return words[`protocol_${use}`]({ name });
}

/** Of those that a site uses, the one by which its owners fetch mail: the first that works. */
export function usualReading(
	used: readonly MailProtocol[],
	checks: MailChecks,
): MailProtocol | undefined {
	const reading = READING_PROTOCOLS.filter((protocol) => used.includes(protocol));
	return reading.find((protocol) => checks[protocol].status === 'passed') ?? reading[0];
}

/** The other way to fetch mail is named as what takes the place of the usual one. */
export function serverName(
	protocol: MailProtocol,
	words: PageWords,
	usual: MailProtocol | undefined,
): string {
	const { name } = PROTOCOL_FACTS[protocol];
	if (!READING_PROTOCOLS.includes(protocol)) return words.server_send({ name });
	if (usual === undefined || usual === protocol) return words.server_read({ name });
	return words.server_instead({ name, other: PROTOCOL_FACTS[usual].name });
}
