// What the gateway says in a mail protocol stays within one line of it, whoever wrote the text.

import { expect, test } from 'vitest';
import { inOneLine } from '../../src/gateway/words.ts';

test.each([
	['No.\r\nA1 OK done', 'No. A1 OK done'],
	['No.\n+OK', 'No. +OK'],
	['a\0b\u2028c', 'a b c'],
	['the mailbox’s “name” – or none…', `the mailbox's "name" - or none...`],
	['ä', ''],
])('%j becomes %j', (text, line) => expect(inOneLine(text)).toBe(line));

test('and is short enough for SMTP', () => {
	expect(inOneLine('x'.repeat(10_000)).length).toBeLessThanOrEqual(440);
});
