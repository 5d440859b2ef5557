// What opens a link, and what comes back with a browser: 256 random bits each, shown once. Only their SHA-256 is stored.

import { createHash } from 'node:crypto';
import { isLinkSecret } from '../../domain/connect-link.ts';

export function hashLinkSecret(secret: string): Buffer {
	return createHash('sha256').update(secret).digest();
}

/** Undefined for what cannot be one of ours: it is not looked up at all. */
export function linkSecretHashOf(text: unknown): Buffer | undefined {
	return typeof text === 'string' && isLinkSecret(text) ? hashLinkSecret(text) : undefined;
}
