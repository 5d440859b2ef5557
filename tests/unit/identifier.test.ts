// The identifier as it is handed out, and what is recognised as one that we could have handed out.

import { describe, expect, test } from 'vitest';
import { formatIdentifier, parseIdentifier } from '../../src/lib/domain/identifier.ts';
import { parseMailboxAddress } from '../../src/lib/domain/mailbox-address.ts';

function mailboxOf(typed: string) {
	const parsed = parseMailboxAddress(typed);
	if (!parsed.ok) throw new Error(parsed.fault);
	return parsed.value;
}

test.each([
	[12345, 'equis@mycompany.com', 'ExternalOAuthToken:12345:equis@mycompany.com'],
	[1, 'Equis@MyCompany.com', 'ExternalOAuthToken:1:equis@mycompany.com'],
	[
		Number.MAX_SAFE_INTEGER,
		"o'brien+x@mycompany.com",
		"ExternalOAuthToken:9007199254740991:o'brien+x@mycompany.com",
	],
	[7, 'equis@münchen.example', 'ExternalOAuthToken:7:equis@xn--mnchen-3ya.example'],
])('%i of %s is %s, and is read back', (number, typed, text) => {
	const identifier = { number, mailbox: mailboxOf(typed) };
	expect(formatIdentifier(identifier)).toBe(text);
	expect(parseIdentifier(text)).toEqual(identifier);
});

test.each([
	['  ExternalOAuthToken:12345:equis@mycompany.com\r\n', 12345],
	['ExternalOAuthToken:12345:EQUIS@mycompany.com', 12345],
])('%j is read as people paste it', (text, number) => {
	expect(parseIdentifier(text)).toEqual({ number, mailbox: 'equis@mycompany.com' });
});

describe('anything else is no identifier', () => {
	test.each([
		[undefined],
		[null],
		[12345],
		[{}],
		[['ExternalOAuthToken:12345:equis@mycompany.com']],
		[''],
		['ExternalOAuthToken'],
		['ExternalOAuthToken:12345'],
		['ExternalOAuthToken:12345:'],
		['ExternalOAuthToken::equis@mycompany.com'],
		['ExternalOAuthToken:0:equis@mycompany.com'],
		['ExternalOAuthToken:012345:equis@mycompany.com'],
		['ExternalOAuthToken:+12345:equis@mycompany.com'],
		['ExternalOAuthToken:-1:equis@mycompany.com'],
		['ExternalOAuthToken:1.0:equis@mycompany.com'],
		['ExternalOAuthToken:1e3:equis@mycompany.com'],
		['ExternalOAuthToken:0x10:equis@mycompany.com'],
		['ExternalOAuthToken: 12345:equis@mycompany.com'],
		['ExternalOAuthToken:١٢:equis@mycompany.com'],
		['ExternalOAuthToken:9007199254740993:equis@mycompany.com'],
		['ExternalOAuthToken:99999999999999999999:equis@mycompany.com'],
		['externaloauthtoken:12345:equis@mycompany.com'],
		['ExternalOAuthToken:12345:equis'],
		['ExternalOAuthToken:12345:equis@mycompany.com:x'],
		['ExternalOAuthToken:12345:equis@my\ncompany.com'],
		['ExternalOAuthToken:12345:equis@\r\nmycompany.com'],
		['ExternalOAuthToken:12345:equis@mycompany.com\nExternalOAuthToken:1:pat@mycompany.com'],
		['x ExternalOAuthToken:12345:equis@mycompany.com'],
		[`ExternalOAuthToken:12345:${'a'.repeat(65_536)}@mycompany.com`],
		['ExternalOAuthToken:1:'.repeat(3_000)],
	])('%j', (text) => {
		expect(parseIdentifier(text)).toBeUndefined();
	});
});
