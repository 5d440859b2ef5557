// The opaque part of a renewal link, and of a link that ends notices: the number of a row, encrypted under a key that is derived
// from the key ring's and from what the link is for, so that nothing is written to make one, nobody who has not a key of the ring
// can make one, and none of one kind passes for the other.
//
// The composition of SIV (RFC 5297): the number's HMAC-SHA-256, cut to 128 bits, is both its authentication and the counter
// block of AES-256-CTR. It is deterministic on purpose, as there is one link for each token; equal links are all that it
// tells. The two keys are of their own, derived as places' keys are (HKDF's expanding half, RFC 5869, 2.3): no place has
// such a name.

import { createCipheriv, createHmac, timingSafeEqual } from 'node:crypto';
import type { KeyRing } from './key-ring.ts';

/** What a link is for. */
export type LinkPurpose = 'renewal link' | 'unsubscribe link';

export type NumberLinks = {
	/** `<key id>.<32 characters of base64url>`. */
	opaqueOf(number: number): string;
	/** Undefined for what no key of the ring has made. */
	numberOf(opaque: string): number | undefined;
};

const OPAQUE = /^([A-Za-z0-9_-]{1,32})\.([A-Za-z0-9_-]{32})$/;

const TAG_BYTES = 16;
const NUMBER_BYTES = 8;

export function createNumberLinks(
	{ sealing, opening }: KeyRing,
	purpose: LinkPurpose,
): NumberLinks {
	return {
		opaqueOf(number) {
			const text = Buffer.alloc(NUMBER_BYTES);
			text.writeBigUInt64BE(BigInt(number));
			const tag = tagOf(sealing.key, purpose, text);
			const value = Buffer.concat([tag, encrypt(sealing.key, purpose, tag, text)]);
			return `${sealing.id}.${value.toString('base64url')}`;
		},
		numberOf(opaque) {
			const [, id = '', base64 = ''] = OPAQUE.exec(opaque) ?? [];
			const key = opening.get(id);
			if (key === undefined) return undefined;
			const value = Buffer.from(base64, 'base64url');
			const tag = value.subarray(0, TAG_BYTES);
			const text = encrypt(key, purpose, tag, value.subarray(TAG_BYTES));
			if (!timingSafeEqual(tag, tagOf(key, purpose, text))) return undefined;
			return Number(text.readBigUInt64BE());
		},
	};
}

function tagOf(key: Buffer, purpose: LinkPurpose, text: Buffer): Buffer {
	const authenticating = derive(key, `${purpose}, authentication`);
	return createHmac('sha256', authenticating).update(text).digest().subarray(0, TAG_BYTES);
}

/** And decrypts: a counter mode is its own inverse. */
function encrypt(key: Buffer, purpose: LinkPurpose, tag: Buffer, text: Buffer): Buffer {
	const cipher = createCipheriv('aes-256-ctr', derive(key, `${purpose}, encryption`), tag);
	return Buffer.concat([cipher.update(text), cipher.final()]);
}

/** One block of output: T(1) = HMAC(key, info | 0x01). */
function derive(key: Buffer, info: string): Buffer {
	return createHmac('sha256', key).update(info).update('\u0001').digest();
}
