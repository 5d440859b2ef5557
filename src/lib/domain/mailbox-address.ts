// The address of a mailbox. Compared and stored in lower case, as Exchange does; the form that was
// typed is kept beside it for the fields. One parser for the page and the server.

import { isPublicHostName, parseHostName } from './host-name.ts';
import type { Parsed } from './parsed.ts';
import { isPlainText } from './plain-text.ts';

export type MailboxAddress = string & { readonly __brand: 'MailboxAddress' };

export type MailboxAddressFault =
	| 'email_missing'
	| 'email_too_long'
	| 'email_not_an_address'
	/** Such as `équipe@…`: Exchange Online knows no such mailboxes (RFC 6531 is for other people's addresses there). */
	| 'email_not_ascii';

/** RFC 5321, 4.5.3.1: 64 octets before the @ and a path of 256 with its angle brackets. */
const MAX_LENGTH = 254;
const MAX_LOCAL_PART = 64;

/** The characters of an RFC 5322 dot-atom; quoted local parts do not exist in Exchange Online. */
const LOCAL_PART = /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/;

export function parseMailboxAddress(input: unknown): Parsed<MailboxAddress, MailboxAddressFault> {
	if (typeof input !== 'string') return { ok: false, fault: 'email_missing' };
	const text = input.trim();
	if (text === '') return { ok: false, fault: 'email_missing' };
	if (text.length > MAX_LENGTH) return { ok: false, fault: 'email_too_long' };
	const at = text.lastIndexOf('@');
	if (!isPlainText(text)) return { ok: false, fault: 'email_not_an_address' };
	const localPart = text.slice(0, at).toLowerCase();
	const domain = parseMailDomain(text.slice(at + 1));
	if (at < 1 || domain === undefined || localPart.length > MAX_LOCAL_PART) {
		return { ok: false, fault: 'email_not_an_address' };
	}
	if (!LOCAL_PART.test(localPart)) return { ok: false, fault: faultOf(localPart) };
	const value = `${localPart}@${domain}`;
	// Letters beyond ASCII become longer; what is handed out must be taken again.
	if (value.length > MAX_LENGTH) return { ok: false, fault: 'email_too_long' };
	return { ok: true, value: value as MailboxAddress };
}

function faultOf(localPart: string): MailboxAddressFault {
	const inLatinLetters = localPart.replaceAll(/[\p{L}\p{M}]/gu, 'x');
	return LOCAL_PART.test(inLatinLetters) ? 'email_not_ascii' : 'email_not_an_address';
}

export type MailDomain = string & { readonly __brand: 'MailDomain' };

/** A mail domain as lower-case A-labels, or undefined. Look-alike letters (fullwidth and the like) are refused. */
export function parseMailDomain(input: string): MailDomain | undefined {
	const text = input.trim();
	if (/[^\p{L}\p{N}\p{M}.-]/u.test(text) || !isPlainText(text)) return undefined;
	const host = parseHostName(text);
	return host !== undefined && isPublicHostName(host) ? (host as MailDomain) : undefined;
}

export function mailDomainOf(mailbox: MailboxAddress): MailDomain {
	const domain = parseMailDomain(mailbox.slice(mailbox.lastIndexOf('@') + 1));
	if (domain === undefined) throw new Error('a mailbox address without a mail domain');
	return domain;
}
