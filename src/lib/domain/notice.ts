// What people are told by mail: those of a mailbox, and the operator.

import type { MailProblem } from './mail-check.ts';
import type { MailProtocol } from './mail-protocol.ts';
import type { TokenProblem } from './problem.ts';

/** `sign_in`: somebody must sign in again. `check`: a protocol stopped working. `never_used`: it ends, as nobody used it. */
export type NoticeKind = 'sign_in' | 'check' | 'never_used';

/** Codes, as of the event that it tells of. */
export type NoticeDetails = {
	problem?: TokenProblem;
	protocol?: MailProtocol;
	mail_problem?: MailProblem;
	lapses_at?: string;
};

export type OperatorNoticeKind =
	/** Microsoft refuses the helper itself. */
	| 'credential_refused'
	| 'certificate_ends'
	| 'secret_ends'
	| 'keys_missing'
	| 'keep_alive_behind'
	| 'webhook_given_up'
	/** Many mailboxes of one organisation, or of all, at the same time. */
	| 'many_mailboxes';
