// What mail servers answer to a login or a message, word for word, with what it is and who can do something: for the mailbox
// check, its words, and the gateway.

import type {
	MailLoginFailure,
	MailLoginStage,
	MailProblemCode,
} from '../../src/lib/domain/mail-login.ts';
import type { Who } from '../../src/lib/domain/problem.ts';
import type { MailProtocol } from '../../src/lib/domain/mail-protocol.ts';
import type { MailLoginContext } from '../../src/lib/problems/mail-answers/explain-mail-answer.ts';

export const good: MailLoginContext = {
	mailbox: 'equis@mycompany.com',
	signedInAs: 'equis@mycompany.com',
	right: 'granted',
	tokenLeftSeconds: 3600,
};
export const asPat: MailLoginContext = {
	...good,
	signedInAs: 'pat@mycompany.com',
};
export const withoutRight: MailLoginContext = { ...good, right: 'not_granted' };
const expired: MailLoginContext = { ...good, tokenLeftSeconds: -5 };

export function refused(answer: string, stage: MailLoginStage = 'authenticate'): MailLoginFailure {
	return { kind: 'refused', stage, answer };
}

export const IMAP_NO = 'A1 NO AUTHENTICATE failed.';
export const IMAP_BAD = 'A2 BAD User is authenticated but not connected.';
export const POP_FAILURE = '-ERR Authentication failure: unknown user name or bad password.';
const POP_LOGON = '-ERR Logon failure: unknown user name or bad password.';
export const SMTP_535 =
	'535 5.7.3 Authentication unsuccessful [AM0PR10CA0001.EURPRD10.PROD.OUTLOOK.COM 2026-11-23T09:15:02.123Z 08DC0000000000A1]';

export type Row = [MailProtocol, MailLoginFailure, MailLoginContext, MailProblemCode, Who];
export const admin = 'microsoft_365_administrator';

// Exchange Online's answers, as Microsoft documents them or as others have met them.
export const EXCHANGE: Row[] = [
	['imap', refused(IMAP_NO), good, 'login_refused', admin],
	['imap', refused(IMAP_NO), expired, 'token_expired', 'nobody'],
	['imap', refused(IMAP_NO), withoutRight, 'right_not_granted', admin],
	['imap', refused(IMAP_NO), asPat, 'no_access_to_mailbox', 'visitor'],
	['imap', refused('NO AUTHENTICATE failed.'), good, 'login_refused', admin],
	['imap', refused(IMAP_BAD, 'select'), good, 'mailbox_not_opened', admin],
	['imap', refused(IMAP_BAD, 'select'), asPat, 'no_access_to_mailbox', 'visitor'],
	['imap', refused(IMAP_BAD, 'select'), withoutRight, 'right_not_granted', admin],
	['imap', refused(IMAP_BAD, 'authenticate'), good, 'mailbox_not_opened', admin],
	['pop', refused(POP_FAILURE), good, 'login_refused', admin],
	['pop', refused(POP_FAILURE), expired, 'token_expired', 'nobody'],
	['pop', refused(POP_FAILURE), withoutRight, 'right_not_granted', admin],
	['pop', refused(POP_FAILURE), asPat, 'no_access_to_mailbox', 'visitor'],
	['pop', refused(POP_LOGON), good, 'logon_failure', admin],
	['pop', refused(POP_LOGON), asPat, 'no_access_to_mailbox', 'visitor'],
	['smtp', refused(SMTP_535), good, 'login_refused', admin],
	['smtp', refused(SMTP_535), expired, 'token_expired', 'nobody'],
	['smtp', refused(SMTP_535), withoutRight, 'right_not_granted', admin],
	['smtp', refused(SMTP_535), asPat, 'no_access_to_mailbox', 'visitor'],
	...(
		[
			[
				'535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant. Visit https://aka.ms/smtp_auth_disabled for more information.',
				'smtp_off_for_organisation',
				admin,
			],
			[
				'535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Mailbox. Visit https://aka.ms/smtp_auth_disabled for more information.',
				'smtp_off_for_mailbox',
				admin,
			],
			[
				"535 5.7.139 Authentication unsuccessful, user is locked by your organization's security defaults policy. Contact your administrator.",
				'blocked_by_security_defaults',
				admin,
			],
			[
				'535 5.7.139 Authentication unsuccessful, the request did not meet the criteria to be authenticated successfully. Contact your administrator.',
				'blocked_by_policy',
				admin,
			],
			[
				"535 5.7.139 Authentication unsuccessful, the organization configuration doesn't allow this authentication request.",
				'blocked_by_security_defaults',
				admin,
			],
			[
				'535 5.7.139 Authentication unsuccessful, the user credentials were incorrect.',
				'blocked_by_policy',
				admin,
			],
			[
				'535 5.7.139 Authentication unsuccessful, basic authentication is disabled.',
				'password_was_used',
				'operator',
			],
		] satisfies [string, MailProblemCode, Who][]
	).flatMap(([answer, code, who]): Row[] => [
		// Unmistakable, so whose account it was makes no difference.
		['smtp', refused(answer), good, code, who],
		['smtp', refused(answer), asPat, code, who],
	]),
	...(
		[
			['530 5.7.57 Client not authenticated to send mail.', 'not_logged_in', 'operator'],
			[
				'550 5.7.60 SMTP; Client does not have permissions to send as this sender',
				'send_as_denied',
				admin,
			],
			['5.7.60 Client does not have permissions to send as this sender', 'send_as_denied', admin],
			[
				'554 5.2.0 STOREDRV.Submission.Exception:SendAsDeniedException.MapiExceptionSendAsDenied; Failed to process message',
				'send_as_denied',
				admin,
			],
			['SendAsDenied', 'send_as_denied', admin],
			['432 4.3.2 Concurrent connections limit exceeded.', 'too_many_connections', 'nobody'],
			[
				'432 4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded',
				'too_many_connections',
				'nobody',
			],
			[
				'4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded',
				'too_many_connections',
				'nobody',
			],
			[
				'554 5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException.MapiExceptionSubmissionQuotaExceeded',
				'sending_limit_reached',
				'nobody',
			],
			['554 5.2.0 STOREDRV.Submission.Exception; something new', 'message_refused', admin],
			['554 5.2.0 STOREDRV.Submission.Exception; new, message 432', 'message_refused', admin],
			[
				'554 5.2.0 STOREDRV.Submission.Exception:OutboundSpamException; Failed to process message due to a permanent exception with message WASCL UserAction verdict is not None. Actual verdict is HipNotify, ShowTierUpgrade.',
				'message_held_as_spam',
				'visitor',
			],
			[
				'554 5.2.0 STOREDRV.Submission.Exception:AccountDisabledException.MapiExceptionAccountDisabled; Failed to process message',
				'sender_disabled',
				admin,
			],
			[
				'554 5.2.0 STOREDRV.Submission.Exception:QuotaExceededException.MapiExceptionQuotaExceeded; Failed to process message',
				'mailbox_full',
				admin,
			],
			[
				'550 5.7.236 Message rejected: the limit of mail from onmicrosoft.com to outside recipients is reached.',
				'onmicrosoft_limit_reached',
				admin,
			],
			[
				'550-5.7.236 Message rejected: the limit of mail from onmicrosoft.com is reached.',
				'onmicrosoft_limit_reached',
				admin,
			],
			[
				'550 5.2.251 Sender throttled due to continuous mailbox full errors.',
				'mailbox_full',
				admin,
			],
			[
				'550 5.2.252 Sender throttled due to continuous send as denied errors.',
				'send_as_denied',
				admin,
			],
			[
				'550 5.2.253 Sender throttled due to continuous invalid license errors.',
				'licence_missing',
				admin,
			],
			[
				'550 5.2.254 Sender throttled due to continuous too many recipients errors.',
				'too_many_recipients',
				admin,
			],
			[
				'550 5.2.255 Sender throttled due to continuous invalid recipients errors.',
				'recipients_invalid',
				admin,
			],
			[
				'554 5.2.2 mailbox full; STOREDRV.Submission.Exception:QuotaExceededException.MapiExceptionQuotaExceeded',
				'mailbox_full',
				admin,
			],
			[
				'550 5.1.8 Access denied, bad outbound sender. For more information please go to http://go.microsoft.com/fwlink/?LinkId=875724.',
				'blocked_as_spam_sender',
				admin,
			],
			['550 5.1.8 Bad outbound sender', 'blocked_as_spam_sender', admin],
			[
				'550 5.7.30 Basic authentication is not supported for Client Submission.',
				'password_was_used',
				'operator',
			],
			['550 5.7.1 Something that nobody has seen before', 'message_refused', admin],
		] satisfies [string, MailProblemCode, Who][]
	).map(([answer, code, who]): Row => ['smtp', refused(answer, 'send'), asPat, code, who]),
];

// What else is on the wire: Dovecot's wording, RFC 5530, 3206 and 2449, and answers that say nothing.
export const OTHERS: Row[] = [
	[
		'imap',
		refused('a1 NO [AUTHENTICATIONFAILED] Authentication failed.'),
		good,
		'login_refused',
		admin,
	],
	[
		'imap',
		refused('a1 NO [UNAVAILABLE] Temporary authentication failure.'),
		good,
		'mail_server_busy',
		'nobody',
	],
	['imap', refused('a1 NO Server Unavailable. 15'), expired, 'mail_server_busy', 'nobody'],
	[
		'imap',
		refused('a2 BAD Request is throttled. Suggested Backoff Time: 299961 milliseconds', 'select'),
		good,
		'mail_server_busy',
		'nobody',
	],
	...(
		[
			['imap', 'a2 BAD Request is throttled. Suggested Backoff Time: 89117 milliseconds'],
			['imap', 'a1 NO Server Unavailable. 21'],
			['imap', 'a1 NO [SERVERBUG] Internal error'],
			['imap', 'a1 NO [INUSE] Mailbox in use'],
			['imap', '* BYE Connection is closed. 13'],
			['imap', '* BYE Session invalidated'],
			['imap', 'a1 NO Internal Server Error. 21'],
			['pop', '-ERR Internal Server Error. 21'],
			['pop', '-ERR Connection is closed. 13'],
			[
				'smtp',
				'554 5.2.0 STOREDRV.Submission.Exception:ServerTooBusyException.MapiExceptionRpcServerTooBusy',
			],
			[
				'smtp',
				'550 5.2.0 STOREDRV.Submission.Exception:StorageTransientException.MapiExceptionNetworkError',
			],
			['pop', '-ERR Server Unavailable. 21'],
			['pop', '-ERR [LOGIN-DELAY] Wait a little'],
			['smtp', '451 4.7.0 Temporary server error. Please try again later. PRX2'],
			['smtp', '454 4.7.0 Temporary authentication failure'],
		] satisfies [MailProtocol, string][]
	).map(([protocol, answer]): Row => [
		protocol,
		refused(answer),
		asPat,
		'mail_server_busy',
		'nobody',
	]),
	[
		'imap',
		refused('* BYE Session invalidated - AccessTokenExpired'),
		good,
		'token_expired',
		'nobody',
	],
	['imap', refused('a1 NO [LIMIT] Too many connections'), good, 'mail_server_busy', 'nobody'],
	[
		'imap',
		refused('a1 NO Unsupported authentication mechanism.'),
		good,
		'token_login_not_offered',
		'operator',
	],
	['imap', refused('a2 NO INBOX does not exist.', 'select'), good, 'mailbox_not_opened', admin],
	[
		'imap',
		refused('a1 BAD Command Argument Error. 12'),
		good,
		'refused_without_known_reason',
		admin,
	],
	['pop', refused('-ERR [AUTH] Authentication failed.'), good, 'login_refused', admin],
	['pop', refused('-ERR [AUTH] Authentication failed.'), asPat, 'no_access_to_mailbox', 'visitor'],
	[
		'pop',
		refused('-ERR [SYS/TEMP] Temporary authentication failure.'),
		good,
		'mail_server_busy',
		'nobody',
	],
	[
		'pop',
		refused('-ERR [IN-USE] Mailbox is locked by another session', 'select'),
		good,
		'mail_server_busy',
		'nobody',
	],
	[
		'pop',
		refused('-ERR Command is not valid in this state.'),
		good,
		'refused_without_known_reason',
		admin,
	],
	['smtp', refused('535 5.7.8 Authentication failed: invalid token'), good, 'login_refused', admin],
	[
		'smtp',
		refused('454 4.7.0 Temporary authentication failure'),
		expired,
		'mail_server_busy',
		'nobody',
	],
	['smtp', refused('421 4.3.2 Service not available'), good, 'mail_server_busy', 'nobody'],
	[
		'smtp',
		refused('504 5.7.4 Unrecognized authentication type'),
		good,
		'token_login_not_offered',
		'operator',
	],
	['smtp', refused('503 5.5.2 Send hello first'), good, 'refused_without_known_reason', admin],
	// Numbers in host names, addresses and versions are not the server's verdict.
	[
		'smtp',
		refused('535 5.7.3 Authentication unsuccessful [10.5.7.57] v15.20.5.7.60'),
		good,
		'login_refused',
		admin,
	],
	['smtp', refused(''), good, 'login_refused', admin],
];

export const UNREACHABLE: Row[] = [
	['imap', { kind: 'unreachable', reason: 'timeout' }, good, 'timed_out', 'nobody'],
	[
		'pop',
		{ kind: 'unreachable', reason: 'connection_refused' },
		good,
		'connection_refused',
		'operator',
	],
	['smtp', { kind: 'unreachable', reason: 'connection_lost' }, good, 'connection_lost', 'nobody'],
	[
		'imap',
		{ kind: 'unreachable', reason: 'name_unknown' },
		good,
		'server_name_unknown',
		'operator',
	],
	['smtp', { kind: 'unreachable', reason: 'no_starttls' }, good, 'starttls_missing', 'operator'],
	[
		'pop',
		{ kind: 'unreachable', reason: 'certificate' },
		expired,
		'certificate_not_trusted',
		'operator',
	],
	[
		'imap',
		{ kind: 'unreachable', reason: 'not_understood' },
		asPat,
		'answer_not_understood',
		'operator',
	],
];
