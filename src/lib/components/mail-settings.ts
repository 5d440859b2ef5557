// The mail servers as a site's settings ask for them.

import type { OwnerServer } from '../domain/owner-server.ts';
import type { PageWords } from '../words/page-words.ts';

export function encryptionOf({ security }: OwnerServer, words: PageWords): string {
	if (security === 'none') return words.value_encryption_none({});
	return security === 'tls' ? 'SSL/TLS' : 'STARTTLS';
}
