// The mail servers as a site's settings ask for them.

import type { MailServer } from '../domain/mail-protocol.ts';

export function encryptionOf({ security }: MailServer): string {
	return security === 'tls' ? 'SSL/TLS' : 'STARTTLS';
}
