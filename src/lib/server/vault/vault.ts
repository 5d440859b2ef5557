// Seals tokens before they are stored and opens them again.
//
// AES-256-GCM under a key of the place's own, derived from the key ring's key and the place by the expanding
// half of HKDF-SHA-256 (RFC 5869, 2.3; the key is random, so 3.3 lets one leave the extracting half out). With a random 96-bit nonce one key must not seal more than 2^32 values (NIST SP 800-38D, 8.3);
// a place is resealed some twenty times a day, so no place gets there, however many mailboxes there are.
// The place, table, column, row, site and mailbox, each with its length before it, is the associated data
// too. A value that was moved to another row, or to another site's, does not open. What has no mark of ours,
// is cut, or names an unknown key is an error and is never taken for cleartext.

import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import type { KeyRing } from './key-ring.ts';

/** Where a sealed value is kept. */
export type SealedPlace = {
	table: string;
	column: string;
	row: number | string;
	site: number;
	mailbox: string;
};

/** The two sealed columns of a stored token: the one spelling of their places. */
export function storedTokenPlace(
	column: 'sealed_refresh_token' | 'sealed_access_token',
	token: { id: number; siteId: number; mailbox: string },
): SealedPlace {
	const { id, siteId, mailbox } = token;
	return { table: 'stored_tokens', column, row: id, site: siteId, mailbox };
}

/** The same two while the sign-in waits at `confirm`: a value from here does not open as a stored token. */
export function signInPlace(
	column: 'sealed_refresh_token' | 'sealed_access_token',
	signIn: { id: string; siteId: number; mailbox: string },
): SealedPlace {
	const { id, siteId, mailbox } = signIn;
	return { table: 'sign_ins', column, row: id, site: siteId, mailbox };
}

export class OpenError extends Error {
	readonly kind: 'not_sealed' | 'unknown_key' | 'not_authentic';

	constructor(kind: OpenError['kind'], options?: ErrorOptions) {
		super(`a sealed value could not be opened: ${kind}`, options);
		this.name = 'OpenError';
		this.kind = kind;
	}
}

export function isOpenError(error: unknown): error is OpenError {
	return error instanceof OpenError;
}

const FORMAT = 'v1';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

export type Vault = {
	/** The key that seals. */
	sealingKeyId: string;
	/** Every key that opens, that one first. */
	keyIds: readonly string[];
	/** What this key is known by; it opens nothing. */
	checkValue(keyId: string): string;
	seal(cleartext: string, place: SealedPlace): string;
	/** Throws `OpenError`. */
	open(sealed: string, place: SealedPlace): string;
};

export function createVault(keys: KeyRing): Vault {
	return {
		sealingKeyId: keys.sealing.id,
		keyIds: [...keys.opening.keys()],
		checkValue: (keyId) => checkValue(keys.opening.get(keyId) ?? Buffer.alloc(0)),
		seal: (cleartext, place) => seal(keys, cleartext, place),
		open: (sealed, place) => open(keys, sealed, place),
	};
}

/** Half of an HMAC's output tells any two keys apart. The text is none that a place's associated data begins with. */
function checkValue(key: Buffer): string {
	const value = createHmac('sha256', key).update('mailkey key check v1').digest();
	return value.subarray(0, 16).toString('base64url');
}

function seal(keys: KeyRing, cleartext: string, place: SealedPlace): string {
	const { id, key } = keys.sealing;
	const nonce = randomBytes(NONCE_BYTES);
	const associated = associatedData(id, place);
	const cipher = createCipheriv('aes-256-gcm', placeKey(key, associated), nonce, {
		authTagLength: TAG_BYTES,
	});
	cipher.setAAD(associated);
	const text = Buffer.concat([cipher.update(cleartext, 'utf8'), cipher.final()]);
	const value = Buffer.concat([nonce, text, cipher.getAuthTag()]).toString('base64url');
	return `${FORMAT}.${id}.${value}`;
}

function open(keys: KeyRing, sealed: string, place: SealedPlace): string {
	const match = /^v1\.([A-Za-z0-9_-]{1,32})\.([A-Za-z0-9_-]+)$/.exec(sealed);
	const [, id, base64] = match ?? [];
	if (id === undefined || base64 === undefined) throw new OpenError('not_sealed');
	const key = keys.opening.get(id);
	if (key === undefined) throw new OpenError('unknown_key');
	const value = Buffer.from(base64, 'base64url');
	if (value.length < NONCE_BYTES + TAG_BYTES) throw new OpenError('not_sealed');
	try {
		return decrypt(key, value, associatedData(id, place));
	} catch (cause) {
		throw new OpenError('not_authentic', { cause });
	}
}

function decrypt(key: Buffer, value: Buffer, associated: Buffer): string {
	const nonce = value.subarray(0, NONCE_BYTES);
	const tag = value.subarray(value.length - TAG_BYTES);
	const text = value.subarray(NONCE_BYTES, value.length - TAG_BYTES);
	const decipher = createDecipheriv('aes-256-gcm', placeKey(key, associated), nonce, {
		authTagLength: TAG_BYTES,
	});
	decipher.setAAD(associated);
	decipher.setAuthTag(tag);
	return Buffer.concat([decipher.update(text), decipher.final()]).toString('utf8');
}

/** One block of output: T(1) = HMAC(key, info | 0x01). */
function placeKey(key: Buffer, associated: Buffer): Buffer {
	return createHmac('sha256', key).update(associated).update('\u0001').digest();
}

function associatedData(keyId: string, place: SealedPlace): Buffer {
	const parts = [FORMAT, keyId, place.table, place.column, place.row, place.site, place.mailbox];
	return Buffer.from(parts.map((part) => lengthPrefixed(String(part))).join(''));
}

function lengthPrefixed(text: string): string {
	return `${Buffer.byteLength(text)}:${text}`;
}
