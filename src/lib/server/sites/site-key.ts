// A site's key: 256 random bits, shown once. Only its SHA-256 is stored and looked up: finding a row by
// guessing would mean guessing 256 bits, so the look-up's timing tells nothing.

import { createHash } from 'node:crypto';

const PREFIX = 'mksite_';

export function makeSiteKey(randomBytes: (size: number) => Buffer): {
	key: string;
	keySha256: Buffer;
} {
	const key = PREFIX + randomBytes(32).toString('base64url');
	return { key, keySha256: sha256(key) };
}

/** Undefined for what cannot be a key of ours; it is not looked up at all. */
export function keySha256Of(siteKey: string | undefined): Buffer | undefined {
	if (siteKey === undefined || !/^mksite_[A-Za-z0-9_-]{43}$/.test(siteKey)) return undefined;
	return sha256(siteKey);
}

function sha256(text: string): Buffer {
	return createHash('sha256').update(text).digest();
}
