// What one login at a mail server came to, and what people are told about it. The mail client makes the
// result, `problems/mail-answers/` the words; the server's line decides nothing but the words.

import type { Who } from './problem.ts';

/** `send` is a test message, from MAIL FROM to the end of DATA; everything before it is a login. */
export type MailLoginStage = 'authenticate' | 'select' | 'send';

/** Why no answer came, or none that means yes or no. */
export type UnreachableReason =
	| 'timeout'
	| 'connection_refused'
	| 'connection_lost'
	| 'name_unknown'
	| 'no_starttls'
	| 'certificate'
	| 'not_understood';

export type MailLoginResult =
	| { kind: 'passed' }
	/** `answer` is the server's own line; it holds no secret. */
	| { kind: 'refused'; stage: MailLoginStage; answer: string }
	| { kind: 'unreachable'; reason: UnreachableReason; detail?: string };

export type MailLoginFailure = Exclude<MailLoginResult, { kind: 'passed' }>;

/** Why a protocol does not work. Shown and perhaps stored, so a code never changes its meaning. */
export type MailProblemCode =
	// Known without asking the server's text.
	| 'right_not_granted'
	/** The site began to use the protocol after its owner had signed in. */
	| 'right_not_requested'
	| 'token_expired'
	| 'no_access_to_mailbox'
	// The login was refused.
	| 'login_refused'
	| 'logon_failure'
	| 'mailbox_not_opened'
	| 'smtp_off_for_organisation'
	| 'smtp_off_for_mailbox'
	| 'blocked_by_security_defaults'
	| 'blocked_by_policy'
	| 'password_was_used'
	| 'not_logged_in'
	| 'token_login_not_offered'
	| 'mail_server_busy'
	| 'refused_without_known_reason'
	// A message was refused.
	| 'send_as_denied'
	| 'too_many_connections'
	| 'sending_limit_reached'
	| 'onmicrosoft_limit_reached'
	| 'mailbox_full'
	| 'licence_missing'
	| 'sender_disabled'
	| 'too_many_recipients'
	| 'recipients_invalid'
	| 'blocked_as_spam_sender'
	| 'message_held_as_spam'
	| 'message_refused'
	// The server could not be asked.
	| 'timed_out'
	| 'connection_refused'
	| 'connection_lost'
	| 'server_name_unknown'
	| 'starttls_missing'
	| 'certificate_not_trusted'
	| 'answer_not_understood';

export type MailExplanation = {
	code: MailProblemCode;
	who: Who;
	title: string;
	explanation: string;
	/** A line of its own for each PowerShell command. */
	next_step: string;
	/** The server's own line, cleaned and cut: for support. */
	reference?: { answer: string };
};
