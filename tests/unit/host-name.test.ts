// Host names, over every code point there is. `tests/browser/host-names.spec.ts` holds a real browser's parser beside it.

import { describe, expect, test } from 'vitest';
import { parseHostName } from '../../src/lib/domain/host-name.ts';
import { parseMailDomain } from '../../src/lib/domain/mailbox-address.ts';
import { decodeLabel } from '../../src/lib/domain/punycode.ts';
import { parseSiteUrl } from '../../src/lib/domain/site-url.ts';
import { everyCodePoint } from '../support/code-points.ts';

/** What is read differently by Node 20 and by Chromium, or by one of them not at all. */
const READ_DIFFERENTLY = [
	['ẞ, "ss" to Node and "ß" to a browser', 'assb\u1e9eb'],
	['ẞ alone', '\u1e9e'],
	['a capital palochka', 'a\u04c0b'],
	['a Georgian capital', '\u10a0'],
	['a Telugu letter of Unicode 17', '\u0c5c'],
	['a Kannada letter of Unicode 17', '\u0cdc'],
	['an Arabic letter of Unicode 14', 'א\u0870'],
	['a sign that may begin no name', '\u0c3c'],
	['a Hebrew letter after a Latin one', 'aא'],
	['a digit before a Hebrew letter', '1א'],
	['a hyphen after a Hebrew letter', 'א-'],
	['an Arabic-Indic digit', '\u0660'],
	['an asterisk', 'a*b'],
	['a symbol of Unicode 16', 'a\u{1cef0}'],
	['a capital of a Latin letter, of Unicode 16', 'a\ua7dc'],
] as const;

describe('what Node and a browser do not read alike is refused', () => {
	test.each(READ_DIFFERENTLY)('%s', (_name, label) => {
		expect(parseHostName(`${label}.example.com`)).toBeUndefined();
		expect(parseHostName(`mysite.${label}.com`)).toBeUndefined();
		expect(parseSiteUrl(`https://${label}.example.com`).ok).toBe(false);
		expect(parseSiteUrl(`https://${encodeURIComponent(label)}.example.com`).ok).toBe(false);
		expect(parseMailDomain(`${label}.example.com`)).toBeUndefined();
	});

	test.each([
		['its A-label', 'xn--zca.example.com', 'xn--zca.example.com'],
		['ẞ in an A-label', 'xn--kkg.example.com', undefined],
		['an A-label of plain letters', 'xn--abc-.example.com', undefined],
		['an A-label of nothing', 'xn--.example.com', undefined],
		['an A-label that does not decode', 'xn--w.example.com', undefined],
		['an A-label of a capital', 'xn--mnchen-psa.example.com', undefined],
		['an A-label in capitals', 'XN--MNCHEN-3YA.example', 'xn--mnchen-3ya.example'],
		['an A-label longer than labels are', `xn--${'a'.repeat(70)}.example`, undefined],
		['a plain label beside a Hebrew one', 'mysite.אב.example', 'mysite.xn--4dbc.example'],
		['a label that begins with a digit beside it', '1st.אב.example', undefined],
		['a digit inside a Hebrew label', 'א1ב.example', 'xn--1-zhce.example'],
	])('%s', (_name, typed, host) => {
		expect(parseHostName(typed)).toBe(host);
	});
});

test(
	'over all code points, a host that is taken is what was typed, in lower case and composed, and nothing else',
	{ timeout: 60_000 },
	() => {
		for (const [before, after] of [
			['', ''],
			['a', 'b'],
			['א', 'א'],
		] as const) {
			const folded = everyCodePoint().filter((letter) => {
				const label = `${before}${letter}${after}`;
				const host = parseHostName(`${label}.example`);
				if (host === undefined || letter === '.') return false;
				return decodeLabel(host.split('.')[0] ?? '') !== lowerCase(label).normalize('NFC');
			});
			expect(folded).toEqual([]);
		}
	},
);

/** Letter by letter: a word's last sigma has a small letter of its own, a host's has not. */
function lowerCase(text: string): string {
	return Array.from(text, (letter) => letter.toLowerCase()).join('');
}

describe('an A-label is decoded as RFC 3492 does', () => {
	test.each([
		['xn--mnchen-3ya', 'münchen'],
		['xn--r8jz45g', '例え'],
		['xn--80akhbyknj4f', 'испытание'],
		['xn--4dbrk0ce', 'ישראל'],
		['xn--i1b6b1a6a2e', 'संगठन'],
		['xn--3e0b707e', '한국'],
		['xn--vermgensberatung-pwb', 'vermögensberatung'],
		['plain', 'plain'],
		['xn--\u00e4', undefined],
		['xn--99999999', undefined],
		['xn--w', undefined],
	])('%s is %s', (label, letters) => {
		expect(decodeLabel(label)).toBe(letters);
	});
});
