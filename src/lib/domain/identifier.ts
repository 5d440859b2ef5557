// The OAuth token identifier, `ExternalOAuthToken:482913067351824:equis@mycompany.com`: the name of a stored token. It
// yields nothing without the site's key, but at the mail gateway it is a password, so no log holds it.

import { parseMailboxAddress, type MailboxAddress } from './mailbox-address.ts';

export type Identifier = { number: number; mailbox: MailboxAddress };

export function formatIdentifier({ number, mailbox }: Identifier): string {
	return `ExternalOAuthToken:${number}:${mailbox}`;
}

/** A number that was drawn at random. Those from before have fewer digits, and can be guessed. */
export function isLongNumber(number: number): boolean {
	return number >= 100_000_000_000_000;
}

/** Undefined for anything that we could not have handed out ourselves. */
export function parseIdentifier(input: unknown): Identifier | undefined {
	if (typeof input !== 'string') return undefined;
	const match = /^ExternalOAuthToken:([1-9][0-9]{0,15}):([^:]{3,254})$/.exec(input.trim());
	const number = Number(match?.[1]);
	const mailbox = parseMailboxAddress(match?.[2]);
	if (!Number.isSafeInteger(number) || !mailbox.ok) return undefined;
	return { number, mailbox: mailbox.value };
}
