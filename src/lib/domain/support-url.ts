// Where visitors get help. All of it is shown to everybody: no user and no password gets into it.

import { parseMailboxAddress } from './mailbox-address.ts';

/**
 * An https or mailto URL, or an email address, as a URL; undefined for anything else. No plain http: the way to help
 * must not be one that somebody on the network can turn.
 */
export function parseSupportUrl(text: string): string | undefined {
	return /^(https:\/\/|mailto:[^?])/i.test(text) ? withoutUser(text) : mailtoOf(text);
}

/** As a browser spells it: nothing unseen stays in it. */
function withoutUser(text: string): string | undefined {
	if (!URL.canParse(text)) return undefined;
	const { username, password, href } = new URL(text);
	return username === '' && password === '' ? href : undefined;
}

/** Encoded, as "?" and "&" may be part of a local part, and would begin and part the fields of a mailto (RFC 6068, 2). */
function mailtoOf(text: string): string | undefined {
	const address = parseMailboxAddress(text);
	if (!address.ok) return undefined;
	const [localPart = '', domain = ''] = address.value.split('@');
	return `mailto:${encodeURIComponent(localPart)}@${domain}`;
}
