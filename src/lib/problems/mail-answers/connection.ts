// The words for a mail server that could not be asked at all. Except for what passes by itself, only the
// operator can look into the network between the helper and the server.

import { saidOfServer, type MailWords } from './context.ts';

export const CONNECTION_WORDS = {
	timed_out: saidOfServer('nobody', 'timed_out'),
	connection_refused: saidOfServer('operator', 'connection_refused'),
	connection_lost: saidOfServer('nobody', 'connection_lost'),
	server_name_unknown: saidOfServer('operator', 'server_name_unknown'),
	starttls_missing: saidOfServer('operator', 'starttls_missing'),
	certificate_not_trusted: saidOfServer('operator', 'certificate_not_trusted'),
	answer_not_understood: saidOfServer('operator', 'answer_not_understood'),
} satisfies Partial<MailWords>;
