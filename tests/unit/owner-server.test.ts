// The servers that owners are told to enter, as URLs.

import { describe, expect, test } from 'vitest';
import type { MailProtocol } from '../../src/lib/domain/mail-protocol.ts';
import { parseOwnerServer } from '../../src/lib/domain/owner-server.ts';

test.each<[MailProtocol, string, string, number, string]>([
	['imap', 'imap://gateway.example:1143', 'gateway.example', 1143, 'starttls'],
	['imap', 'IMAPS://Gateway.Example/', 'gateway.example', 993, 'tls'],
	['imap', 'imap://gateway.example', 'gateway.example', 143, 'starttls'],
	['imap', 'imap://localhost:1143', 'localhost', 1143, 'none'],
	['imap', 'imaps://localhost:1143', 'localhost', 1143, 'tls'],
	['imap', 'imap://[::1]:1143', '[::1]', 1143, 'none'],
	['imap', 'imap://10.0.0.5:1143', '10.0.0.5', 1143, 'starttls'],
	['imap', 'imap://münchen.example', 'xn--mnchen-3ya.example', 143, 'starttls'],
	['pop', 'pop3://gateway.example', 'gateway.example', 110, 'starttls'],
	['pop', 'pop://gateway.example:1110', 'gateway.example', 1110, 'starttls'],
	['pop', 'pop3s://gateway.example', 'gateway.example', 995, 'tls'],
	['smtp', 'smtp://127.0.0.1:1587', '127.0.0.1', 1587, 'none'],
	['smtp', 'smtps://gateway.example', 'gateway.example', 465, 'tls'],
])('%s: %s is %s, port %d, %s', (protocol, text, host, port, security) => {
	expect(parseOwnerServer(protocol, text)).toEqual({ host, port, security });
});

describe('is none', () => {
	test.each<[MailProtocol, string]>([
		['imap', 'gateway.example:1143'],
		['imap', 'imap://'],
		['imap', 'imap://gateway.example:0'],
		['imap', 'imap://gateway.example:65536'],
		['imap', 'imap://user:password@gateway.example'],
		['imap', 'imap://gateway.example/INBOX'],
		['imap', 'imap://gateway.example?x'],
		['imap', 'imap://gate way.example'],
		['imap', 'imap://ｇateway.example'],
		['imap', 'smtp://gateway.example'],
		['pop', 'imap://gateway.example'],
		['smtp', 'javascript://gateway.example'],
		['smtp', 'smtp://gateway.example\nsmtp://x'],
	])('%s: %j', (protocol, text) => {
		expect(parseOwnerServer(protocol, text)).toBeUndefined();
	});
});
