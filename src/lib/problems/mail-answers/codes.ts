// Which problem a mail server's answer is. The text alone tells little: Exchange answers the same to an
// expired token, a missing right, a foreign account and a protocol that is off. So what we know comes
// first, in the order in which one would check, and the text decides only where it is unmistakable.
// Sources: learn.microsoft.com, "fix-issues-with-printers-scanners-and-lob-applications",
// "smtp-submission-improvements", "continuous-error-throttling-smtp-auth-submissions".

import type {
	MailLoginFailure,
	MailLoginStage,
	MailProblemCode,
	UnreachableReason,
} from '../../domain/mail-login.ts';
import { isSomeoneElse } from '../../domain/mail-check.ts';
import { PROTOCOL_FACTS, type MailProtocol } from '../../domain/mail-protocol.ts';
import type { MailLoginContext } from './context.ts';

type Pattern = readonly [RegExp, MailProblemCode];

/**
 * The first that matches. Exchange's words before its numbers, as one number covers several refusals; a
 * number counts only after a space, as host names, addresses and versions have such numbers too.
 */
const SMTP: readonly Pattern[] = [
	[/SmtpClientAuthentication is disabled for the Mailbox/i, 'smtp_off_for_mailbox'],
	[/SmtpClientAuthentication is disabled|smtp_auth_disabled/i, 'smtp_off_for_organisation'],
	[/(?:^|\s)5\.7\.30\b|basic authentication is (?:disabled|not supp)/i, 'password_was_used'],
	[/security defaults/i, 'blocked_by_security_defaults'],
	// High Volume Email: learn.microsoft.com, "troubleshoot-high-volume-email-m365".
	[/organization configuration doesn.?t allow/i, 'blocked_by_security_defaults'],
	[/(?:^|\s)5\.7\.139\b/, 'blocked_by_policy'],
	[/(?:^|\s)5\.7\.57\b/, 'not_logged_in'],
	[/(?:^|\s)5\.(?:7\.60|2\.252)\b|SendAsDenied/i, 'send_as_denied'],
	[/(?:^|\s)5\.7\.236\b/, 'onmicrosoft_limit_reached'],
	[/Concurrent connections limit|sender thread limit/i, 'too_many_connections'],
	// One number, 554 5.2.0, for whatever went wrong in Exchange's store: the exception's name tells what.
	[/SubmissionQuotaExceeded/i, 'sending_limit_reached'],
	[/OutboundSpamException/i, 'message_held_as_spam'],
	[/AccountDisabled(?:Exception)?\b/i, 'sender_disabled'],
	// Exchange names what passes by itself so, whatever number stands before it.
	[/TooBusy|Transient\w*Exception/i, 'mail_server_busy'],
	[/(?:^|\s)5\.2\.(?:2|251)\b|mailbox full|\bQuotaExceeded/i, 'mailbox_full'],
	[/(?:^|\s)5\.2\.253\b/, 'licence_missing'],
	[/(?:^|\s)5\.2\.254\b/, 'too_many_recipients'],
	[/(?:^|\s)5\.2\.255\b/, 'recipients_invalid'],
	[/(?:^|\s)5\.1\.8\b|Bad outbound sender/i, 'blocked_as_spam_sender'],
	// At its beginning alone: behind a permanent code a number of this form is anything.
	[/^(?:\d{3}[ -])?4(?:\d\d|\.\d+\.\d+)\b/, 'mail_server_busy'],
	[/(?:^|\s)504\b|un(?:recognized|supported) authentication/i, 'token_login_not_offered'],
];

/** RFC 5530, 3206 and 2449 for the codes in brackets; the rest is Exchange's and Dovecot's wording. */
const IMAP_AND_POP: readonly Pattern[] = [
	[/authenticated but not connected/i, 'mailbox_not_opened'],
	[/AccessTokenExpired/i, 'token_expired'],
	[/\[(?:UNAVAILABLE|INUSE|IN-USE|LIMIT|LOGIN-DELAY|SERVERBUG|SYS\/TEMP)/i, 'mail_server_busy'],
	[/throttled|server unavailable|internal server error|temporar|too many/i, 'mail_server_busy'],
	[/connection is closed|^\* BYE\b/i, 'mail_server_busy'],
	[/un(?:supported|known) authentication|mechanism/i, 'token_login_not_offered'],
	[/logon failure/i, 'logon_failure'],
];

/** Answers that an unfit token gets as well, so what we know of the token is asked first. */
const TELLS_LITTLE: readonly MailProblemCode[] = [
	'login_refused',
	'logon_failure',
	'mailbox_not_opened',
];

const UNREACHABLE: Record<UnreachableReason, MailProblemCode> = {
	timeout: 'timed_out',
	connection_refused: 'connection_refused',
	connection_lost: 'connection_lost',
	name_unknown: 'server_name_unknown',
	no_starttls: 'starttls_missing',
	certificate: 'certificate_not_trusted',
	not_understood: 'answer_not_understood',
};

export function mailProblemCode(
	protocol: MailProtocol,
	failure: MailLoginFailure,
	context: MailLoginContext,
): MailProblemCode {
	if (failure.kind === 'unreachable') return UNREACHABLE[failure.reason];
	const code = codeOfAnswer(protocol, failure.stage, inOneForm(failure.answer));
	return TELLS_LITTLE.includes(code) ? (codeOfKnown(context) ?? code) : code;
}

/** A reply of several lines has a hyphen behind its codes but for the last (RFC 5321, 4.2.1). */
function inOneForm(answer: string): string {
	return answer.trim().replace(/^(\d{3})-/gm, '$1 ');
}

function codeOfAnswer(
	protocol: MailProtocol,
	stage: MailLoginStage,
	answer: string,
): MailProblemCode {
	const patterns = protocol === 'smtp' ? SMTP : IMAP_AND_POP;
	const known = patterns.find(([pattern]) => pattern.test(answer))?.[1];
	if (known !== undefined) return known;
	if (stage === 'send') return 'message_refused';
	if (stage === 'select') return 'mailbox_not_opened';
	return PROTOCOL_FACTS[protocol].complaint.test(answer)
		? 'refused_without_known_reason'
		: 'login_refused';
}

/** Two clocks differ by seconds, and the login itself takes some. */
const EXPIRY_MARGIN_SECONDS = 30;

function codeOfKnown(context: MailLoginContext): MailProblemCode | undefined {
	if (context.tokenLeftSeconds < EXPIRY_MARGIN_SECONDS) return 'token_expired';
	if (context.right === 'not_granted') return 'right_not_granted';
	if (isSomeoneElse(context)) return 'no_access_to_mailbox';
	return undefined;
}

/** A wait that is longer is no wait: Exchange's own are minutes. */
const MAX_WAIT_SECONDS = 86_400;

/** Exchange: "Request is throttled. Suggested Backoff Time: 89117 milliseconds". */
export function waitSecondsIn(answer: string): number | undefined {
	const ms = Number(/Suggested Backoff Time:\s*(\d{1,12})\s*milliseconds/i.exec(answer)?.[1] ?? 0);
	return ms > 0 ? Math.min(Math.ceil(ms / 1000), MAX_WAIT_SECONDS) : undefined;
}
