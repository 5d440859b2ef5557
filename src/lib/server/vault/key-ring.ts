// The keys that seal and open: each has an id, the first one seals, all of them open. They come from
// `TOKEN_KEYS` and live outside the database, so that a copy of the database alone opens nothing.

import { randomBytes } from 'node:crypto';

export type TokenKey = { id: string; key: Buffer };

export type KeyRing = { sealing: TokenKey; opening: ReadonlyMap<string, Buffer> };

/** AES-256 takes 256 bits. */
const KEY_BYTES = 32;

const KEY_ID = /^[A-Za-z0-9_-]{1,32}$/;

export type KeyRingFault =
	| 'empty'
	| 'not_a_pair'
	| 'key_id_invalid'
	| 'key_id_twice'
	| 'key_not_256_bits'
	| 'key_twice'
	| 'key_trivial';

/** Parses `kid:base64(32 bytes)[,kid:…]`. A fault never repeats the text, as that holds the keys. */
export function parseKeyRing(text: string): KeyRing | KeyRingFault {
	const keys: TokenKey[] = [];
	for (const part of text.split(',').map((entry) => entry.trim())) {
		const key = parseKey(part);
		if (typeof key === 'string') return key;
		if (keys.some(({ id }) => id === key.id)) return 'key_id_twice';
		if (keys.some((other) => other.key.equals(key.key))) return 'key_twice';
		keys.push(key);
	}
	const [sealing] = keys;
	if (sealing === undefined) return 'empty';
	return { sealing, opening: new Map(keys.map(({ id, key }) => [id, key])) };
}

function parseKey(part: string): TokenKey | KeyRingFault {
	if (part === '') return 'empty';
	const [id, base64, ...rest] = part.split(':');
	if (id === undefined || base64 === undefined || rest.length > 0) return 'not_a_pair';
	if (!KEY_ID.test(id)) return 'key_id_invalid';
	if (!/^[A-Za-z0-9+/]{43}=?$/.test(base64)) return 'key_not_256_bits';
	const key = Buffer.from(base64, 'base64');
	if (key.length !== KEY_BYTES) return 'key_not_256_bits';
	// Documentation examples and test leftovers: one byte repeated is nobody's random key.
	if (new Set(key).size < 8) return 'key_trivial';
	return { id, key };
}

/** A new key in the form that `TOKEN_KEYS` takes. */
export function generateTokenKey(id: string): string {
	return `${id}:${randomBytes(KEY_BYTES).toString('base64')}`;
}
