// What the operator has the page say. All of it is shown to everybody: no user and no password gets into it.

import { parseMailboxAddress } from '../../domain/mailbox-address.ts';
import type { Reader } from './reader.ts';

/** No plain http: the way to help must not be one that somebody on the network can turn. */
export function readSupportUrl(reader: Reader, name: string): string | undefined {
	const text = reader.text(name);
	if (text === undefined) return undefined;
	const url = /^(https:\/\/|mailto:[^?])/i.test(text) ? withoutUser(text) : mailtoOf(text);
	if (url !== undefined) return url;
	reader.fault(
		`${name} must be an https:// or mailto: URL, or an email address such as help@mycompany.com.`,
	);
	return undefined;
}

function withoutUser(text: string): string | undefined {
	if (!URL.canParse(text)) return undefined;
	const { username, password } = new URL(text);
	return username === '' && password === '' ? text : undefined;
}

/** Encoded, as "?" and "&" may be part of a local part, and would begin and part the fields of a mailto (RFC 6068, 2). */
function mailtoOf(text: string): string | undefined {
	const address = parseMailboxAddress(text);
	if (!address.ok) return undefined;
	const [localPart = '', domain = ''] = address.value.split('@');
	return `mailto:${encodeURIComponent(localPart)}@${domain}`;
}

/** It is shown in a list beside sentences of about half that length. */
const MAX_ADVICE = 300;

export function readAdvice(reader: Reader, name: string): string | undefined {
	const text = reader.text(name);
	if (text === undefined) return undefined;
	if (Array.from(text).length <= MAX_ADVICE && !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(text)) return text;
	reader.fault(
		`${name} must be one line of text, at most ${MAX_ADVICE} characters, without control characters.`,
	);
	return undefined;
}
