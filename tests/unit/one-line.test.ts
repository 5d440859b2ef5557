// Names and advice are shown as they are written, so what is not seen, or changes what is seen, is no part of them.

import { expect, test } from 'vitest';
import { isReadableLine } from '../../src/lib/domain/one-line.ts';
import { parseSupportUrl } from '../../src/lib/domain/support-url.ts';

test.each([
	'Lab',
	'EQuIS of Müller & Söhne (Nord)',
	'می\u200cخواهم',
	'שלום\u200f!',
	'👩\u200d🔬 Lab \u2764\ufe0f',
	'<b>Lab</b>',
])('%s is a line', (text) => {
	expect(isReadableLine(text, 100)).toBe(true);
});

test.each([
	['nothing', ''],
	['a blank', '\u00a0'],
	['joiners alone', '\u200d\u200c'],
	['a zero-width space within', 'Mail\u200bkey'],
	['a word joiner', 'Mail\u2060key'],
	['a byte order mark', '\ufeffMailkey'],
	['a soft hyphen', 'Mail\u00adkey'],
	['a Hangul filler', '\u3164'],
	['a Braille blank', '\u2800'],
	['tags', 'Lab\u{e0041}\u{e007f}'],
	['marks that run over other lines', `a${'\u0301'.repeat(90)}`],
	['two lines', 'Lab\nMailkey'],
	['a turned direction', 'Lab\u202eyekliaM'],
	['more than is shown', 'x'.repeat(101)],
])('%s is none', (_what, text) => {
	expect(isReadableLine(text, 100)).toBe(false);
});

test('where help is found is kept as a browser spells it', () => {
	expect(parseSupportUrl('https://HELP.example.com/a\u200bb c')).toBe(
		'https://help.example.com/a%E2%80%8Bb%20c',
	);
	expect(parseSupportUrl('mailto:help@lab.example?subject=a\nb\u202e')).toBe(
		'mailto:help@lab.example?subject=ab%E2%80%AE',
	);
});
