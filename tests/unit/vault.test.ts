// What the vault seals opens again in its own place and nowhere else, and nothing else opens at all.

import { createCipheriv } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import {
	generateTokenKey,
	parseKeyRing,
	type KeyRing,
} from '../../src/lib/server/vault/key-ring.ts';
import { createVault, OpenError, type SealedPlace } from '../../src/lib/server/vault/vault.ts';

const keyOne = generateTokenKey('k1');
const keyTwo = generateTokenKey('k2');

function ringOf(text: string): KeyRing {
	const ring = parseKeyRing(text);
	if (typeof ring === 'string') throw new Error(ring);
	return ring;
}

const vault = createVault(ringOf(keyOne));

const place: SealedPlace = {
	table: 'stored_tokens',
	column: 'sealed_refresh_token',
	row: 12,
	site: 3,
	mailbox: 'equis@mycompany.com',
};

function openFault(sealed: string, at = place, by = vault): string {
	try {
		by.open(sealed, at);
		return 'opened';
	} catch (error) {
		if (!(error instanceof OpenError)) throw error;
		expect(error.message).not.toContain('secret');
		return error.kind;
	}
}

describe('comes back as it went in', () => {
	test.each([
		['a token', '0.AXoA-secret.1234'],
		['nothing', ''],
		['every sign', 'ä€😀\0\n'],
		['a long token', 'x'.repeat(100_000)],
		['what looks sealed', 'v1.k1.AAAA'],
	])('%s', (_name, text) => {
		const sealed = vault.seal(text, place);
		expect(sealed).toMatch(/^v1\.k1\.[A-Za-z0-9_-]+$/);
		expect(vault.open(sealed, place)).toBe(text);
	});
});

test('the text of a sealed value is not in it', () => {
	const sealed = vault.seal('secret-token', place);
	const bytes = Buffer.from(sealed.split('.')[2] ?? '', 'base64url');
	expect(bytes.includes('secret-token')).toBe(false);
	expect(sealed).not.toContain('secret');
});

test('the same text is sealed differently each time: no nonce is used twice', () => {
	const nonces = Array.from({ length: 20_000 }, () =>
		Buffer.from(vault.seal('x', place).slice('v1.k1.'.length), 'base64url')
			.subarray(0, 12)
			.toString('hex'),
	);
	expect(new Set(nonces).size).toBe(nonces.length);
});

describe('does not open elsewhere', () => {
	const sealed = vault.seal('secret', place);
	test.each<[string, Partial<SealedPlace>]>([
		['another table', { table: 'sign_ins' }],
		['another column', { column: 'sealed_access_token' }],
		['another row', { row: 13 }],
		['another site', { site: 4 }],
		['another mailbox', { mailbox: 'pat@mycompany.com' }],
		['a mailbox that differs by case only', { mailbox: 'Equis@mycompany.com' }],
		[
			'table and column that read the same together',
			{ table: 'stored_tokenss', column: 'ealed_refresh_token' },
		],
		['row and site that read the same together', { row: 1, site: 23 }],
		['row and site the other way round', { row: 3, site: 12 }],
		['a site that has swallowed the row', { row: '', site: 123 }],
		['site and mailbox that read the same together', { site: 0, mailbox: '3equis@mycompany.com' }],
	])('in %s', (_name, change) => {
		expect(openFault(sealed, { ...place, ...change })).toBe('not_authentic');
	});
});

test('no two places have the same associated data, whatever separators they hold', () => {
	const parts = ['', 'a', 'b', 'ab', '\0', '\0\0\0\u0001', 'a\0\0\0\u0001b', '.', ':', 'ä'];
	for (const first of parts) {
		for (const second of parts) {
			const sealed = vault.seal('secret', { ...place, table: first, column: second });
			const others = parts.flatMap((table) => parts.map((column) => ({ table, column })));
			const opening = others.filter((at) => openFault(sealed, { ...place, ...at }) === 'opened');
			expect(opening).toEqual([{ table: first, column: second }]);
		}
	}
});

describe('what was tampered with does not open', () => {
	const sealed = vault.seal('secret', place);
	const bytes = Buffer.from(sealed.slice('v1.k1.'.length), 'base64url');

	test.each(Array.from(bytes.keys()))('byte %i changed', (index) => {
		const changed = Buffer.from(bytes);
		changed.writeUInt8(changed.readUInt8(index) ^ 1, index);
		expect(openFault(`v1.k1.${changed.toString('base64url')}`)).toBe('not_authentic');
	});

	test.each(Array.from(bytes.keys()))('cut to %i bytes', (length) => {
		const cut = bytes.subarray(0, length).toString('base64url');
		expect(openFault(`v1.k1.${cut}`)).toBe(length < 28 ? 'not_sealed' : 'not_authentic');
		expect(openFault(`v1.k1.${bytes.subarray(length + 1).toString('base64url')}`)).not.toBe(
			'opened',
		);
	});

	test('something was added', () => {
		expect(openFault(`v1.k1.${Buffer.concat([bytes, bytes]).toString('base64url')}`)).toBe(
			'not_authentic',
		);
		expect(openFault(`${sealed}AAAA`)).toBe('not_authentic');
	});

	test('nonce, text and tag of different values were put together', () => {
		const other = Buffer.from(vault.seal('hidden', place).slice('v1.k1.'.length), 'base64url');
		const mixes = [
			[other.subarray(0, 12), bytes.subarray(12)],
			[bytes.subarray(0, 18), other.subarray(18)],
			[bytes.subarray(0, 12), other.subarray(12, 18), bytes.subarray(18)],
		];
		for (const mix of mixes) {
			expect(openFault(`v1.k1.${Buffer.concat(mix).toString('base64url')}`)).toBe('not_authentic');
		}
	});
});

describe('what has no mark of ours is an error and never taken for cleartext', () => {
	const value = vault.seal('secret', place).slice('v1.k1.'.length);
	test.each([
		'',
		'secret',
		'0.AXoA-secret.1234',
		'eyJhbGciOiJSUzI1NiJ9.eyJhIjoic2VjcmV0In0.c2lnbmF0dXJl',
		value,
		`.k1.${value}`,
		`v0.k1.${value}`,
		`v2.k1.${value}`,
		`V1.k1.${value}`,
		`v1..${value}`,
		`v1.k1`,
		'v1.k1.',
		`v1.k1.${value}=`,
		`v1.k1.${value}.`,
		` v1.k1.${value}`,
		`v1.k1.${value}\n`,
		`v1.k1.${value.slice(0, 4)} ${value.slice(4)}`,
		`v1.${'k'.repeat(33)}.${value}`,
	])('%j', (text) => {
		expect(openFault(text)).toBe('not_sealed');
	});
});

describe('keys', () => {
	test('a value opens with its own key, whichever seals now', () => {
		const sealed = vault.seal('secret', place);
		const rotated = createVault(ringOf(`${keyTwo},${keyOne}`));
		expect(rotated.open(sealed, place)).toBe('secret');
		expect(rotated.seal('secret', place)).toMatch(/^v1\.k2\./);
	});

	test('a value of a key that is gone does not open', () => {
		const sealed = vault.seal('secret', place);
		expect(openFault(sealed, place, createVault(ringOf(keyTwo)))).toBe('unknown_key');
	});

	test('another key under the same id opens nothing', () => {
		const sealed = vault.seal('secret', place);
		expect(openFault(sealed, place, createVault(ringOf(generateTokenKey('k1'))))).toBe(
			'not_authentic',
		);
	});

	test('a value whose key id was exchanged does not open', () => {
		const both = createVault(ringOf(`${keyOne},${keyTwo}`));
		const sealed = both.seal('secret', place).replace('v1.k1.', 'v1.k2.');
		expect(openFault(sealed, place, both)).toBe('not_authentic');
	});

	test('the key id is bound too: the same key under another id opens nothing', () => {
		const sameKey = createVault(ringOf(keyOne.replace('k1:', 'k3:')));
		const sealed = vault.seal('secret', place).replace('v1.k1.', 'v1.k3.');
		expect(openFault(sealed, place, sameKey)).toBe('not_authentic');
	});
});

test('what an earlier version sealed opens, and the whole form is that of then', () => {
	const key = Buffer.from('a key of thirty-two known bytes.').toString('base64');
	const then = 'v1.k1.pwu6UEsm4N2qRxhumKwHvCe6T1pl2mrCJo_peAszJMNNwg';
	expect(createVault(ringOf(`k1:${key}`)).open(then, place)).toBe('secret');
});

test('what the right key sealed without associated data does not open', () => {
	const cipher = createCipheriv('aes-256-gcm', ringOf(keyOne).sealing.key, Buffer.alloc(12));
	const text = Buffer.concat([cipher.update('secret'), cipher.final()]);
	const value = Buffer.concat([Buffer.alloc(12), text, cipher.getAuthTag()]);
	expect(openFault(`v1.k1.${value.toString('base64url')}`)).toBe('not_authentic');
});
