// The keys as they stand in TOKEN_KEYS: which one seals, which ones open, and what is refused.

import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { generateTokenKey, parseKeyRing } from '../../src/lib/server/vault/key-ring.ts';

const key = (byte: number) => Buffer.from(Array.from({ length: 32 }, (_, index) => byte + index));
const one = key(1).toString('base64');
const two = key(101).toString('base64');

test('the first key seals, and all of them open', () => {
	const ring = parseKeyRing(` k1:${one} , k2:${two} `);
	expect(ring).toEqual({
		sealing: { id: 'k1', key: key(1) },
		opening: new Map([
			['k1', key(1)],
			['k2', key(101)],
		]),
	});
});

test('base64 may lack its padding', () => {
	expect(parseKeyRing(`k1:${one.replace('=', '')}`)).toMatchObject({ sealing: { key: key(1) } });
});

describe('is refused', () => {
	test.each([
		['', 'empty'],
		['  ', 'empty'],
		[',', 'empty'],
		[`k1:${one},`, 'empty'],
		[`k1:${one},,k2:${two}`, 'empty'],
		['k1', 'not_a_pair'],
		[one, 'not_a_pair'],
		[`k1:${one}:x`, 'not_a_pair'],
		[`:${one}`, 'key_id_invalid'],
		[`k 1:${one}`, 'key_id_invalid'],
		[`k.1:${one}`, 'key_id_invalid'],
		[`ключ:${one}`, 'key_id_invalid'],
		[`${'k'.repeat(33)}:${one}`, 'key_id_invalid'],
		['k1:', 'key_not_256_bits'],
		['k1:not base64', 'key_not_256_bits'],
		[`k1:${randomBytes(16).toString('base64')}`, 'key_not_256_bits'],
		[`k1:${randomBytes(31).toString('base64')}`, 'key_not_256_bits'],
		[`k1:${randomBytes(33).toString('base64')}`, 'key_not_256_bits'],
		[`k1:${randomBytes(64).toString('base64')}`, 'key_not_256_bits'],
		[`k1:${randomBytes(32).toString('hex')}`, 'key_not_256_bits'],
		[`k1:${one.slice(0, 42)}!=`, 'key_not_256_bits'],
		[`k1:${one},k1:${two}`, 'key_id_twice'],
		[`k1:${one},k2:${one}`, 'key_twice'],
		[`k1:${one},k2:${one.replace('=', '')}`, 'key_twice'],
		[`k1:${Buffer.alloc(32).toString('base64')}`, 'key_trivial'],
		[`k1:${Buffer.alloc(32, 'x').toString('base64')}`, 'key_trivial'],
		[`k1:${Buffer.alloc(32, 'abc').toString('base64')}`, 'key_trivial'],
		[`k1:${one},k2:${Buffer.alloc(32, 7).toString('base64')}`, 'key_trivial'],
	])('%j: %s', (text, fault) => {
		expect(parseKeyRing(text)).toBe(fault);
	});
});

test('a key that is made is one that is taken, and never the same twice', () => {
	const made = Array.from({ length: 200 }, (_, index) => generateTokenKey(`k${index}`));
	const ring = parseKeyRing(made.join(','));
	expect(typeof ring === 'string' ? ring : ring.opening.size).toBe(200);
});
