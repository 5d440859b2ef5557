// What SMTP offers before the login.

import { expect, test } from 'vitest';
import { createExtensions } from '../../src/gateway/extensions.ts';

test('is what Exchange Online offers until a server was seen', () => {
	const { saw, offered } = createExtensions();
	expect(offered()).toContain('SMTPUTF8');
	expect(offered()).toContain('CHUNKING');
	saw('a', ['8BITMIME']);
	expect(offered()).toEqual(['8BITMIME']);
});

test('is what all servers seen offer, without what is ours to offer', () => {
	const { saw, offered } = createExtensions();
	saw('a', ['SIZE 157286400', 'STARTTLS', 'AUTH LOGIN XOAUTH2', 'CHUNKING', 'SMTPUTF8']);
	expect(offered()).toEqual(['SIZE 157286400', 'CHUNKING', 'SMTPUTF8']);
	saw('b', ['SIZE 157286400', 'SMTPUTF8', 'X-EXPS GSSAPI']);
	expect(offered()).toEqual(['SIZE 157286400', 'SMTPUTF8']);
});

test('nothing that could end a line is passed on', () => {
	const { saw, offered } = createExtensions();
	saw('a', ['DSN', 'EVIL\r\n250 AUTH PLAIN', '']);
	expect(offered()).toEqual(['DSN']);
});
