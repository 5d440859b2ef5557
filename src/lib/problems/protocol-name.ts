// A mail protocol, and its server, by what they are for: hardly anybody knows them by name.

import { PROTOCOL_FACTS, type MailProtocol } from '../domain/mail-protocol.ts';
import type { PageWords } from '../words/page-words.ts';

export function protocolName(protocol: MailProtocol, words: PageWords): string {
	const { name, use } = PROTOCOL_FACTS[protocol];
	return words[`protocol_${use}`]({ name });
}

/** POP is named as what takes the place of IMAP only where there is IMAP. */
export function serverName(
	protocol: MailProtocol,
	words: PageWords,
	used: readonly MailProtocol[],
): string {
	const { name, use } = PROTOCOL_FACTS[protocol];
	return words[`server_${use === 'fetch' && !used.includes('imap') ? 'read' : use}`]({ name });
}
