// The number of a new stored token: unguessable, of one length, and the same in JSON as in PostgreSQL.

import { randomInt } from 'node:crypto';
import { expect, test } from 'vitest';
import { formatIdentifier, parseIdentifier } from '../../src/lib/domain/identifier.ts';
import { parseMailboxAddress } from '../../src/lib/domain/mailbox-address.ts';
import { makeTokenNumber } from '../../src/lib/server/tokens/token-number.ts';

test.each([
	['smallest', (min: number) => min, 100_000_000_000_000],
	['largest', (_: number, max: number) => max - 1, 999_999_999_999_999],
])('the %s has 15 digits and no leading zero', (_, draw, number) => {
	expect(makeTokenNumber(draw)).toBe(number);
	expect(Number.isSafeInteger(number)).toBe(true);
});

test('each of its digits takes every value about as often', () => {
	const DRAWS = 20_000;
	const counts = Array.from({ length: 15 }, () => new Array<number>(10).fill(0));
	for (let draw = 0; draw < DRAWS; draw += 1) {
		for (const [place, digit] of Array.from(String(makeTokenNumber(randomInt))).entries()) {
			counts[place]![Number(digit)]! += 1;
		}
	}
	for (const [place, count] of counts.entries()) {
		const values = place === 0 ? count.slice(1) : count;
		const mean = DRAWS / values.length;
		// Eight standard deviations: of a sound generator that is never seen.
		const far = values.filter((value) => Math.abs(value - mean) > 8 * Math.sqrt(mean));
		expect(far, `digit ${place + 1}: ${count.join(' ')}`).toEqual([]);
	}
	expect(counts[0]![0]).toBe(0);
});

test('it survives an identifier and JSON as it is', () => {
	const mailbox = parseMailboxAddress('equis@mycompany.com');
	if (!mailbox.ok) throw new Error(mailbox.fault);
	for (let draw = 0; draw < 1_000; draw += 1) {
		const number = makeTokenNumber(randomInt);
		const identifier = formatIdentifier({ number, mailbox: mailbox.value });
		expect(parseIdentifier(identifier)?.number).toBe(number);
		expect(JSON.parse(JSON.stringify({ number }))).toEqual({ number });
	}
});
