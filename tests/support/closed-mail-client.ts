// Mail servers that nobody reaches: tests of other things shall not knock at Exchange.

import type { MailClient } from '../../src/lib/server/mail/mail-client.ts';

export const closedMailClient: MailClient = {
	login: () => Promise.resolve({ kind: 'unreachable', reason: 'connection_refused' }),
	send: () => Promise.resolve({ kind: 'unreachable', reason: 'connection_refused' }),
};
