// What people type into the field "Email address", and the one form in which mailboxes are stored and compared.

import { describe, expect, test } from 'vitest';
import {
	mailDomainOf,
	parseMailboxAddress,
	parseMailDomain,
} from '../../src/lib/domain/mailbox-address.ts';

const long = (length: number) => 'a'.repeat(length);
const domainOf = (length: number) => `${'a.'.repeat((length - 8) / 2)}example1`;

describe('an address is taken, in lower case', () => {
	test.each([
		['equis@mycompany.com', 'equis@mycompany.com'],
		['  Equis@MyCompany.COM\n', 'equis@mycompany.com'],
		["o'brien@mycompany.com", "o'brien@mycompany.com"],
		['equis+lab@mycompany.com', 'equis+lab@mycompany.com'],
		['first.last@mail.mycompany.co.uk', 'first.last@mail.mycompany.co.uk'],
		['a@b.io', 'a@b.io'],
		['a_b-c@mycompany.com', 'a_b-c@mycompany.com'],
		["!#$%&'*+/=?^_`{|}~-@mycompany.com", "!#$%&'*+/=?^_`{|}~-@mycompany.com"],
		['1@mycompany.com', '1@mycompany.com'],
		['equis@3com.com', 'equis@3com.com'],
		['equis@münchen.example', 'equis@xn--mnchen-3ya.example'],
		['equis@MÜNCHEN.example', 'equis@xn--mnchen-3ya.example'],
		['equis@mu\u0308nchen.example', 'equis@xn--mnchen-3ya.example'],
		['equis@xn--mnchen-3ya.example', 'equis@xn--mnchen-3ya.example'],
		[`${long(64)}@mycompany.com`, `${long(64)}@mycompany.com`],
		[`a@${domainOf(252)}`, `a@${domainOf(252)}`],
	])('%j is %s', (typed, value) => {
		expect(parseMailboxAddress(typed)).toEqual({ ok: true, value });
		expect(parseMailboxAddress(value)).toEqual({ ok: true, value });
	});
});

describe('what is no address is refused, with the fault to tell', () => {
	test.each([
		[undefined, 'email_missing'],
		[null, 'email_missing'],
		[42, 'email_missing'],
		[['equis@mycompany.com'], 'email_missing'],
		['', 'email_missing'],
		[' \r\n', 'email_missing'],
		['equis', 'email_not_an_address'],
		['mycompany.com', 'email_not_an_address'],
		['@mycompany.com', 'email_not_an_address'],
		['equis@', 'email_not_an_address'],
		['@', 'email_not_an_address'],
		['equis@mycompany', 'email_not_an_address'],
		['equis@localhost', 'email_not_an_address'],
		['equis@127.0.0.1', 'email_not_an_address'],
		['equis@0x7f.1', 'email_not_an_address'],
		['equis@2130706433', 'email_not_an_address'],
		['equis@[127.0.0.1]', 'email_not_an_address'],
		['equis@[IPv6:::1]', 'email_not_an_address'],
		['equis@mycompany.com.', 'email_not_an_address'],
		['equis@.mycompany.com', 'email_not_an_address'],
		['equis@mycompany..com', 'email_not_an_address'],
		['equis@-mycompany.com', 'email_not_an_address'],
		['equis@mycompany.com:25', 'email_not_an_address'],
		['equis@mycompany.com/x', 'email_not_an_address'],
		['equis@mycompany.com?x', 'email_not_an_address'],
		['equis@mycompany.com#x', 'email_not_an_address'],
		['equis@mycompany.com\\x', 'email_not_an_address'],
		['equis@my%63ompany.com', 'email_not_an_address'],
		['equis@my_company.com', 'email_not_an_address'],
		['.equis@mycompany.com', 'email_not_an_address'],
		['equis.@mycompany.com', 'email_not_an_address'],
		['equis..x@mycompany.com', 'email_not_an_address'],
		['equis example@mycompany.com', 'email_not_an_address'],
		['equis @mycompany.com', 'email_not_an_address'],
		['"equis"@mycompany.com', 'email_not_an_address'],
		['"equis example"@mycompany.com', 'email_not_an_address'],
		['Equis <equis@mycompany.com>', 'email_not_an_address'],
		['<equis@mycompany.com>', 'email_not_an_address'],
		['equis@mycompany.com,pat@mycompany.com', 'email_not_an_address'],
		['equis@mycompany.com;pat@mycompany.com', 'email_not_an_address'],
		['equis@evil.example@mycompany.com', 'email_not_an_address'],
		['equis:x@mycompany.com', 'email_not_an_address'],
		['equis(comment)@mycompany.com', 'email_not_an_address'],
		['mailto:equis@mycompany.com', 'email_not_an_address'],
		['équis@mycompany.com', 'email_not_ascii'],
		['é quis@mycompany.com', 'email_not_an_address'],
		[`${long(65)}@mycompany.com`, 'email_not_an_address'],
		[`equis@${long(64)}.com`, 'email_not_an_address'],
		[`a@${domainOf(254)}`, 'email_too_long'],
	])('%j: %s', (typed, fault) => {
		expect(parseMailboxAddress(typed)).toEqual({ ok: false, fault });
	});
});

// A login as `user=…^A auth=…^A^A` (XOAUTH2), an SMTP command and a header would each end at one of these.
describe('control characters are refused wherever they stand within', () => {
	const characters = ['\r', '\n', '\r\n', '\0', '\u0001', '\t', '\u007f', '\u0085', '\u2028'];
	const places = [
		'eq_uis@mycompany.com',
		'equis_@mycompany.com',
		'equis@_mycompany.com',
		'equis@my_company.com',
	];
	test.each(
		characters.flatMap((character) => places.map((place) => place.replace('_', character))),
	)('%j', (typed) => {
		expect(parseMailboxAddress(typed)).toEqual({ ok: false, fault: 'email_not_an_address' });
	});
	test.each(['\0', '\u0001', '\u007f'])('%j at either end', (character) => {
		expect(parseMailboxAddress(`${character}equis@mycompany.com`).ok).toBe(false);
		expect(parseMailboxAddress(`equis@mycompany.com${character}`).ok).toBe(false);
	});
});

describe('a blank right behind the @ is no part of an address', () => {
	test.each(['equis@ mycompany.com', 'equis@\u00a0mycompany.com', 'equis@\ufeffmycompany.com'])(
		'%j',
		(typed) => {
			expect(parseMailboxAddress(typed).ok).toBe(false);
		},
	);
});

describe('look-alikes are not folded into the address that they look like', () => {
	test.each([
		['fullwidth domain', 'equis@ｍycompany.com'],
		['fullwidth @', 'equis＠mycompany.com'],
		['fullwidth local part', 'ｅquis@mycompany.com'],
		['fullwidth full stop', 'equis@mycompany．com'],
		['ideographic full stop', 'equis@mycompany。com'],
		['long s', 'equi\u017f@mycompany.com'],
		['Kelvin sign before the @', '\u212aelvin@mycompany.com'],
		['Kelvin sign behind the @', 'equis@\u212aelvin.com'],
		['mathematical letter', 'equis@𝐦ycompany.com'],
		['zero-width space', 'equis@my\u200bcompany.com'],
		['zero-width joiner', 'equis@my\u200dcompany.com'],
		['soft hyphen', 'equis@my\u00adcompany.com'],
		['right-to-left override', 'equis@\u202emoc.ynapmocym'],
		['variation selector', 'equis@my\ufe0fcompany.com'],
		['combining grapheme joiner', 'equis@my\u034fcompany.com'],
	])('%s', (_name, typed) => {
		expect(parseMailboxAddress(typed)).toEqual({ ok: false, fault: 'email_not_an_address' });
	});

	test('a letter of another alphabet is another domain', () => {
		expect(parseMailboxAddress('equis@mycоmpany.com')).toEqual({
			ok: true,
			value: 'equis@xn--mycmpany-pbh.com',
		});
	});
});

test('what the parser returns it takes again, unchanged, also when the domain was not plain letters', () => {
	const domain = Array.from({ length: 6 }, () => '界世漢字仮名交文書読聞').join('.');
	const first = parseMailboxAddress(`${long(64)}@${domain}.example`);
	if (!first.ok) return;
	expect(first.value.length).toBeLessThanOrEqual(254);
	expect(parseMailboxAddress(first.value)).toEqual(first);
});

describe('64 KB of anything are refused', () => {
	test.each(['a', '.', '@', 'a.', 'a@', 'ü', '\u0000', '"', ' a', '\ud800'])(
		'%j over and over',
		(piece) => {
			const typed = piece.repeat(Math.ceil(65_536 / piece.length));
			for (const text of [typed, `${typed}@mycompany.com`, `equis@${typed}`]) {
				expect(parseMailboxAddress(text).ok).toBe(false);
			}
		},
	);
});

describe('a mail domain', () => {
	test.each([
		['mycompany.com', 'mycompany.com'],
		[' MyCompany.com ', 'mycompany.com'],
		['mail.mycompany.com', 'mail.mycompany.com'],
		['münchen.example', 'xn--mnchen-3ya.example'],
		['mycompany', undefined],
		['', undefined],
		['@mycompany.com', undefined],
		['equis@mycompany.com', undefined],
		['*.mycompany.com', undefined],
		['https://mycompany.com', undefined],
		['mycompany.com/', undefined],
		['mycompany.com:25', undefined],
		['mycompany.com.', undefined],
		['my company.com', undefined],
		['my\ncompany.com', undefined],
		['127.0.0.1', undefined],
		['0x7f.1', undefined],
		['localhost', undefined],
		['ｍycompany.com', undefined],
	])('%j is %s', (typed, domain) => {
		expect(parseMailDomain(typed)).toBe(domain);
	});

	test('is what stands behind the last @ of a mailbox', () => {
		const parsed = parseMailboxAddress('Equis+a@Mail.MyCompany.com');
		expect(parsed.ok && mailDomainOf(parsed.value)).toBe('mail.mycompany.com');
	});
});
