// Whether the same login or message may be taken later although nobody changes anything at the mailbox: the one table
// for the gateway, which tells mail programs to try again or to stop, for the mailbox check and for its words.

import type { MailProblemCode } from '../../domain/mail-login.ts';

export type Lasting = 'temporary' | 'permanent';

/** RFC 5321, 4.2.1; RFC 5530; RFC 3206 and 2449. What only the operator can mend is no fault of the password either. */
export const LASTING: Record<MailProblemCode, Lasting> = {
	right_not_granted: 'permanent',
	right_not_requested: 'permanent',
	token_expired: 'temporary',
	no_access_to_mailbox: 'permanent',
	login_refused: 'permanent',
	logon_failure: 'permanent',
	mailbox_not_opened: 'permanent',
	smtp_off_for_organisation: 'permanent',
	smtp_off_for_mailbox: 'permanent',
	blocked_by_security_defaults: 'permanent',
	blocked_by_policy: 'permanent',
	password_was_used: 'permanent',
	not_logged_in: 'permanent',
	token_login_not_offered: 'permanent',
	mail_server_busy: 'temporary',
	refused_without_known_reason: 'permanent',
	send_as_denied: 'permanent',
	too_many_connections: 'temporary',
	sending_limit_reached: 'temporary',
	onmicrosoft_limit_reached: 'permanent',
	mailbox_full: 'permanent',
	licence_missing: 'permanent',
	sender_disabled: 'permanent',
	too_many_recipients: 'permanent',
	recipients_invalid: 'permanent',
	blocked_as_spam_sender: 'permanent',
	message_held_as_spam: 'permanent',
	message_refused: 'permanent',
	timed_out: 'temporary',
	connection_refused: 'temporary',
	connection_lost: 'temporary',
	server_name_unknown: 'temporary',
	starttls_missing: 'temporary',
	certificate_not_trusted: 'temporary',
	answer_not_understood: 'temporary',
};
