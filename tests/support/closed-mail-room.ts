// Mail servers that nobody reaches: tests of other things shall not knock at Exchange.

import type { MailRoom } from '../../src/lib/server/mail/mail-room.ts';

export const closedMailRoom: MailRoom = {
	login: () => Promise.resolve({ kind: 'unreachable', reason: 'connection_refused' }),
	send: () => Promise.resolve({ kind: 'unreachable', reason: 'connection_refused' }),
};
