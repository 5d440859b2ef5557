// What people type into the field "Site URL", and the one form in which sites are registered and compared.

import { describe, expect, test } from 'vitest';
import { isPublicHostName } from '../../src/lib/domain/host-name.ts';
import { parseSiteUrl } from '../../src/lib/domain/site-url.ts';

const site = 'https://mysite.equisonline.com';

describe('what people do is forgiven', () => {
	test.each([
		['https://mysite.equisonline.com', site],
		['  https://mysite.equisonline.com\t', site],
		['\u00a0https://mysite.equisonline.com\u3000', site],
		['mysite.equisonline.com', site],
		['//mysite.equisonline.com', site],
		['HTTPS://MySite.EquisOnline.COM', site],
		['MYSITE.equisonline.com/', site],
		['https://mysite.equisonline.com/', site],
		['https://mysite.equisonline.com///', site],
		['https://mysite.equisonline.com?x=1', site],
		['https://mysite.equisonline.com/#top', site],
		['https://mysite.equisonline.com/?next=https://elsewhere.example/#a?b', site],
		['https://mysite.equisonline.com:443', site],
		['mysite.equisonline.com:443/', site],
		['https://mysite.equisonline.com.', site],
		['https://mysite.equisonline.com:8443/', `${site}:8443`],
		['mysite.equisonline.com:8443', `${site}:8443`],
		['https://mysite.equisonline.com/EQuIS/', `${site}/EQuIS`],
		['https://mysite.equisonline.com/EQuIS/app/../', `${site}/EQuIS`],
		['https://mysite.equisonline.com/EQuIS?a=1#b', `${site}/EQuIS`],
		['https://mysite.equisonline.com/größe', `${site}/gr%C3%B6%C3%9Fe`],
		['https://my_site.example.com', 'https://my_site.example.com'],
		['https://münchen.example/x', 'https://xn--mnchen-3ya.example/x'],
		['https://MÜNCHEN.example', 'https://xn--mnchen-3ya.example'],
		['https://mu\u0308nchen.example', 'https://xn--mnchen-3ya.example'],
		['https://xn--mnchen-3ya.example', 'https://xn--mnchen-3ya.example'],
		['例え.テスト', 'https://xn--r8jz45g.xn--zckzah'],
	])('%j is %s', (typed, value) => {
		expect(parseSiteUrl(typed)).toEqual({ ok: true, value });
		expect(parseSiteUrl(value)).toEqual({ ok: true, value });
	});
});

describe('what is no public https site is refused, with the fault to tell', () => {
	test.each([
		[undefined, 'site_missing'],
		[null, 'site_missing'],
		[['https://mysite.equisonline.com'], 'site_missing'],
		[{ toString: (): string => site }, 'site_missing'],
		['', 'site_missing'],
		[' \t\r\n ', 'site_missing'],
		['http://mysite.equisonline.com', 'site_not_https'],
		['HTTP://mysite.equisonline.com', 'site_not_https'],
		['ftp://mysite.equisonline.com', 'site_not_https'],
		['file:///etc/passwd', 'site_not_https'],
		['javascript://mysite.equisonline.com/%0aalert(1)', 'site_not_https'],
		['javascript:alert(1)', 'site_not_a_url'],
		['https:mysite.equisonline.com', 'site_not_a_url'],
		['https://', 'site_not_a_url'],
		['https://mysite.equisonline.com:99999', 'site_not_a_url'],
		['https://mysite.equisonline.com:https', 'site_not_a_url'],
		['https://%6dysite%zz.example', 'site_not_a_url'],
		['https://xn--a.example', 'site_not_a_url'],
		['equis@mycompany.com', 'site_is_email'],
		['Equis.Example+x@mycompany.com', 'site_is_email'],
		['https://equis@mysite.equisonline.com', 'site_has_credentials'],
		['https://equis:secret@mysite.equisonline.com', 'site_has_credentials'],
		['https://:secret@mysite.equisonline.com', 'site_has_credentials'],
		['equis:secret@mysite.equisonline.com', 'site_has_credentials'],
		['https://mysite.equisonline.com@evil.example', 'site_has_credentials'],
		['https://localhost', 'site_host_not_public'],
		['https://localhost.', 'site_host_not_public'],
		['https://localhost:8443/x', 'site_host_not_public'],
		['https://mysite.localhost', 'site_host_not_public'],
		['https://intranet', 'site_host_not_public'],
		['https://intranet/app.html', 'site_host_not_public'],
		['https://com', 'site_host_not_public'],
		['https://mysite..example', 'site_host_not_public'],
		['https://.mysite.example', 'site_host_not_public'],
		['https://mysite.example..', 'site_host_not_public'],
		['https://-mysite.example', 'site_host_not_public'],
		['https://mysite-.example', 'site_host_not_public'],
		['https://*.example.com', 'site_host_not_public'],
		[`https://${'a'.repeat(64)}.example`, 'site_host_not_public'],
		[`https://${'a.'.repeat(130)}example`, 'site_host_not_public'],
		[`https://mysite.equisonline.com/${'a'.repeat(500)}`, 'site_too_long'],
	])('%j: %s', (typed, fault) => {
		expect(parseSiteUrl(typed)).toEqual({ ok: false, fault });
	});
});

describe('an IP address is refused, however it is written', () => {
	test.each([
		'https://127.0.0.1',
		'https://10.0.0.5:8443/app',
		'https://192.168.1.1.',
		'https://8.8.8.8',
		'127.0.0.1',
		'https://0177.0.0.1',
		'https://0x7f.0.0.1',
		'https://0X7F000001',
		'https://0x7f.1',
		'https://127.1',
		'https://2130706433',
		'https://017700000001',
		'https://0',
		'https://0x',
		'https://1.2.3',
		'https://mysite.example.1',
		'https://mysite.0x7f',
		'https://256.256.256.256',
		'https://１２７.0.0.1',
		'https://127。0。0。1',
		'https://%31%32%37.0.0.1',
		'https://[::1]',
		'https://[::]',
		'https://[2001:db8::1]:8443',
		'https://[::ffff:127.0.0.1]',
		'https://[::ffff:7f00:1]',
		'https://[fe80::1%25eth0]',
		'[::1]',
	])('%s', (typed) => {
		expect(parseSiteUrl(typed).ok).toBe(false);
	});
});

describe('characters that a URL parser drops, turns or folds without a word are refused', () => {
	test.each([
		['a tab', 'https://mysite\t.example.com'],
		['a newline', 'https://mysite\n.example.com'],
		['a carriage return', 'https://mysite.example.com/\rx'],
		['CR LF and a header', 'https://mysite.example.com\r\nSet-Cookie: a=b'],
		['a blank', 'https://mysite .example.com'],
		['a no-break space', 'https://mysite\u00a0.example.com'],
		['NUL', 'https://mysite\0.example.com'],
		['^A', 'https://mysite.example.com/\u0001'],
		['DEL', 'https://mysite.example.com/\u007f'],
		['a C1 control', 'https://mysite.example.com/\u0085'],
		['a backslash', 'https://mysite.example.com\\@evil.example'],
		['backslashes for slashes', 'https:\\\\mysite.example.com'],
		['angle brackets', 'https://mysite.example.com/<b>'],
		['a quote', 'https://mysite.example.com/"'],
		['a backtick', 'https://mysite.example.com/`'],
		['braces', 'https://mysite.example.com/{x}'],
		['a bar', 'https://mysite.example.com/|'],
		['a caret', 'https://mysite.example.com/^'],
		['a soft hyphen', 'https://my\u00adsite.example.com'],
		['a zero-width space', 'https://my\u200bsite.example.com'],
		['a zero-width joiner', 'https://my\u200dsite.example.com'],
		['a word joiner', 'https://my\u2060site.example.com'],
		['a byte order mark', 'https://my\ufeffsite.example.com'],
		['a right-to-left override', 'https://mysite.example.com/\u202egpj'],
		['a line separator', 'https://mysite.example.com/a\u2028b'],
		['fullwidth letters', 'https://ｍysite.example.com'],
		['a fullwidth full stop', 'https://mysite．example.com'],
		['a halfwidth ideographic full stop', 'https://mysite｡example.com'],
		['an ideographic full stop', 'https://mysite。example.com'],
		['a fullwidth solidus', 'https://mysite.example.com／x'],
		['a circled letter', 'https://ⓜysite.example.com'],
		['a mathematical letter', 'https://𝐦ysite.example.com'],
		['a long s', 'https://my\u017fite.example.com'],
		['a Kelvin sign', 'https://\u212anowledge.example.com'],
		['a superscript', 'https://mysite².example.com'],
		['a ligature', 'https://ﬁeld.example.com'],
		['a variation selector', 'https://my\ufe0fsite.example.com'],
		['a combining grapheme joiner', 'https://my\u034fsite.example.com'],
	])('%s', (_name, typed) => {
		expect(parseSiteUrl(typed).ok).toBe(false);
	});

	test('a look-alike from another alphabet is another site, and is shown as its A-labels', () => {
		expect(parseSiteUrl('https://mуsite.example.com')).toEqual({
			ok: true,
			value: 'https://xn--msite-eze.example.com',
		});
	});
});

test('what the parser returns it takes again, unchanged, also when the path was not plain letters', () => {
	const first = parseSiteUrl(`https://mysite.example.com/${'ä'.repeat(150)}`);
	if (!first.ok) return;
	expect(parseSiteUrl(first.value)).toEqual(first);
});

describe('64 KB of anything are refused', () => {
	test.each([
		'a',
		'.',
		'/',
		'@',
		':',
		'[',
		'%',
		'ü',
		'\u0000',
		'a.',
		'@a.',
		'https://',
		'\ud800',
		' a',
	])('%j over and over', (piece) => {
		const typed = piece.repeat(Math.ceil(65_536 / piece.length));
		for (const text of [typed, `https://${typed}`, `https://mysite.example.com/${typed}`]) {
			expect(parseSiteUrl(text).ok).toBe(false);
		}
	});
});

describe('a public host name', () => {
	test.each([
		['mysite.example.com', true],
		['a.b', true],
		[`${'a'.repeat(63)}.example`, true],
		[`${'a'.repeat(64)}.example`, false],
		[`${'a.'.repeat(123)}example`, true],
		[`${'a.'.repeat(124)}example`, false],
		['MYSITE.example', false],
		['mysite.example.', false],
		['', false],
		['.', false],
		['localhost', false],
		['1.2.3.4', false],
	])('%j: %s', (host, expected) => {
		expect(isPublicHostName(host)).toBe(expected);
	});
});
