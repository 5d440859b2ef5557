// What mail servers answer to a login or a message, word for word, and what people are told about it.

import { describe, expect, test } from 'vitest';
import type {
	MailLoginFailure,
	MailLoginStage,
	MailProblemCode,
} from '../../src/lib/domain/mail-login.ts';
import type { Who } from '../../src/lib/domain/problem.ts';
import type { MailProtocol } from '../../src/lib/domain/mail-protocol.ts';
import {
	explainMailProblem,
	problemOfAnswer,
	problemOfMissingRight,
	type MailLoginContext,
} from '../../src/lib/problems/mail-answers/explain-mail-answer.ts';
import { explainMailAnswer } from '../support/explain-mail-answer.ts';
import { LASTING } from '../../src/lib/problems/mail-answers/lasting.ts';
import type { Language } from '../../src/lib/words/languages.ts';

const good: MailLoginContext = {
	mailbox: 'equis@mycompany.com',
	signedInAs: 'equis@mycompany.com',
	right: 'granted',
	tokenLeftSeconds: 3600,
};
const asPat: MailLoginContext = {
	...good,
	signedInAs: 'pat@mycompany.com',
};
const withoutRight: MailLoginContext = { ...good, right: 'not_granted' };
const expired: MailLoginContext = { ...good, tokenLeftSeconds: -5 };

function refused(answer: string, stage: MailLoginStage = 'authenticate'): MailLoginFailure {
	return { kind: 'refused', stage, answer };
}

const IMAP_NO = 'A1 NO AUTHENTICATE failed.';
const IMAP_BAD = 'A2 BAD User is authenticated but not connected.';
const POP_FAILURE = '-ERR Authentication failure: unknown user name or bad password.';
const POP_LOGON = '-ERR Logon failure: unknown user name or bad password.';
const SMTP_535 =
	'535 5.7.3 Authentication unsuccessful [AM0PR10CA0001.EURPRD10.PROD.OUTLOOK.COM 2026-11-23T09:15:02.123Z 08DC0000000000A1]';

type Row = [MailProtocol, MailLoginFailure, MailLoginContext, MailProblemCode, Who];
const admin = 'microsoft_365_administrator';

// Exchange Online's answers, as Microsoft documents them or as others have met them.
const EXCHANGE: Row[] = [
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
const OTHERS: Row[] = [
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

const UNREACHABLE: Row[] = [
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

/** Who is told that it passes may wait, and who is told to change something may not. */
test.each(Object.entries(LASTING))('%s, which is %s, asks the right person', (code, lasting) => {
	const { who } = explainMailProblem({ code: code as MailProblemCode }, 'smtp', good);
	if (who !== 'operator') expect(who === 'nobody').toBe(lasting === 'temporary');
});

test('the wait that Exchange asks for is kept and told, in minutes', () => {
	const failure = refused('BAD Request is throttled. Suggested Backoff Time: 89117 milliseconds');
	const problem = problemOfAnswer('imap', failure, good);
	expect(problem.wait_seconds).toBe(90);
	const told = (language: Language) => explainMailProblem(problem, 'imap', good, language);
	expect(told('en').next_step).toBe('Wait 2 minutes, then press “Check again”.');
	expect(told('de').next_step).toContain('2 Minuten');
	expect(problemOfAnswer('imap', refused('NO Server Unavailable. 15'), good)).not.toHaveProperty(
		'wait_seconds',
	);
});

describe.each([...EXCHANGE, ...OTHERS, ...UNREACHABLE])(
	'%s: %j, with %j',
	(protocol, failure, context, code, who) => {
		const explanation = explainMailAnswer(protocol, failure, context);

		test(`is ${code}, for: ${who}`, () => {
			expect(explanation).toMatchObject({ code, who });
		});

		test('is told in full', () => {
			for (const text of [explanation.title, explanation.explanation, explanation.next_step]) {
				expect(text.trim()).toBe(text);
				expect(text).not.toBe('');
				expect(text).not.toMatch(/undefined|\[object|\$\{/);
			}
		});

		test('keeps the server’s line for support', () => {
			const line = failure.kind === 'refused' ? failure.answer : failure.detail;
			expect(explanation.reference).toEqual(line ? { answer: line } : undefined);
		});
	},
);

test.each(['imap', 'pop', 'smtp'] as const)(
	'the missing right for %s is named without any login',
	(protocol) => {
		const explanation = explainMailProblem(
			problemOfMissingRight(protocol, withoutRight),
			protocol,
			withoutRight,
		);
		expect(explanation).toMatchObject({ code: 'right_not_granted', who: admin });
		expect(explanation).not.toHaveProperty('reference');
		expect(explanation.next_step).toContain(
			{ imap: 'IMAP.AccessAsUser.All', pop: 'POP.AccessAsUser.All', smtp: 'SMTP.Send' }[protocol],
		);
	},
);

test('a login with a token that is about to expire is not blamed on anybody', () => {
	const at = (tokenLeftSeconds: number) =>
		explainMailAnswer('imap', refused(IMAP_NO), { ...good, tokenLeftSeconds }).code;
	expect([at(0), at(29), at(30)]).toEqual(['token_expired', 'token_expired', 'login_refused']);
});

test('with a shared mailbox the SMTP switch of both mailboxes is named', () => {
	const failure = refused('535 5.7.139 SmtpClientAuthentication is disabled for the Mailbox.');
	const lines = explainMailAnswer('smtp', failure, asPat).next_step.split('\n');
	expect(lines.filter((line) => line.startsWith('Set-'))).toEqual([
		"Set-CASMailbox -Identity 'equis@mycompany.com' -SmtpClientAuthenticationDisabled $false",
		"Set-CASMailbox -Identity 'pat@mycompany.com' -SmtpClientAuthenticationDisabled $false",
	]);
});

describe('an administrator finds the exact PowerShell line', () => {
	test.each<[MailProtocol, MailLoginFailure, MailLoginContext, string]>([
		[
			'imap',
			refused(IMAP_NO),
			good,
			"Set-CASMailbox -Identity 'equis@mycompany.com' -ImapEnabled $true",
		],
		[
			'pop',
			refused(POP_FAILURE),
			good,
			"Set-CASMailbox -Identity 'equis@mycompany.com' -PopEnabled $true",
		],
		[
			'smtp',
			refused(SMTP_535),
			good,
			"Set-CASMailbox -Identity 'equis@mycompany.com' -SmtpClientAuthenticationDisabled $false",
		],
		[
			'smtp',
			refused('535 5.7.139 SmtpClientAuthentication is disabled for the Mailbox.'),
			good,
			"Set-CASMailbox -Identity 'equis@mycompany.com' -SmtpClientAuthenticationDisabled $false",
		],
		[
			'smtp',
			refused('535 5.7.139 SmtpClientAuthentication is disabled for the Tenant.'),
			good,
			'Set-TransportConfig -SmtpClientAuthenticationDisabled $false',
		],
		[
			'smtp',
			refused('535 5.7.139 SmtpClientAuthentication is disabled for the Tenant.'),
			good,
			"Set-CASMailbox -Identity 'equis@mycompany.com' -SmtpClientAuthenticationDisabled $false",
		],
		[
			'imap',
			refused(IMAP_BAD),
			asPat,
			"Add-MailboxPermission -Identity 'equis@mycompany.com' -User 'pat@mycompany.com' -AccessRights FullAccess",
		],
		[
			'smtp',
			refused(SMTP_535),
			asPat,
			"Add-RecipientPermission -Identity 'equis@mycompany.com' -Trustee 'pat@mycompany.com' -AccessRights SendAs",
		],
		[
			'smtp',
			refused('550 5.7.60 SendAsDenied', 'send'),
			asPat,
			"Add-RecipientPermission -Identity 'equis@mycompany.com' -Trustee 'pat@mycompany.com' -AccessRights SendAs",
		],
		[
			'smtp',
			refused('550 5.7.60 SendAsDenied', 'send'),
			good,
			'Set-OrganizationConfig -SendFromAliasEnabled $true',
		],
		[
			'smtp',
			refused('550 5.1.8 Bad outbound sender', 'send'),
			good,
			"Remove-BlockedSenderAddress -SenderAddress 'equis@mycompany.com'",
		],
	])('%s, %j, %j: %s', (protocol, failure, context, line) => {
		expect(explainMailAnswer(protocol, failure, context).next_step.split('\n')).toContain(line);
	});

	test.each([
		["o'neil@mycompany.com", "'o''neil@mycompany.com'"],
		['$(rm)@mycompany.com', "'$(rm)@mycompany.com'"],
		['`whoami`@mycompany.com', "'`whoami`@mycompany.com'"],
		['-a;b|c&d@mycompany.com', "'-a;b|c&d@mycompany.com'"],
		// PowerShell takes typographic quotes for quotes.
		['a’; Remove-Mailbox b; ‘', "'a’’; Remove-Mailbox b; ‘‘'"],
		['a‚‛b', "'a‚‚‛‛b'"],
		['a\r\nRemove-Mailbox b', "'aRemove-Mailbox b'"],
		['a\u2028b\u202ec\0d\u200be', "'abcde'"],
		['"a"', '\'"a"\''],
		['x'.repeat(300), `'${'x'.repeat(254)}'`],
	])('in which %j stays a name', (signedInAs, quoted) => {
		const { next_step } = explainMailAnswer('imap', refused(IMAP_NO), { ...asPat, signedInAs });
		const commands = next_step.split('\n').filter((line) => line.startsWith('Add-'));
		expect(commands).toEqual([
			`Add-MailboxPermission -Identity 'equis@mycompany.com' -User ${quoted} -AccessRights FullAccess`,
		]);
	});
});

describe('the server’s line as it is kept', () => {
	const jwt = 'eyJ0eXAiOiJKV1QifQ.eyJhdWQiOiJ4In0.c2ln';
	const base64 = Buffer.from(`user=a\x01auth=Bearer ${'secret'.repeat(20)}\x01\x01`).toString(
		'base64',
	);

	function kept(answer: string): string | undefined {
		return explainMailAnswer('imap', refused(answer), good).reference?.answer;
	}

	test.each([
		['control characters', 'a1\tNO\0 no\x1b[31m\r\nway\u202e', 'a1 NO no [31m way'],
		['a JSON web token', `a1 NO bad token ${jwt}`, 'a1 NO bad token [removed]'],
		['a bearer token', 'a1 NO auth=Bearer abc.def', 'a1 NO auth=[removed]'],
		['base64 over 60 characters', `a1 NO ${base64} no`, 'a1 NO [removed] no'],
		['base64url over 60 characters', `a1 NO ${'a_-9'.repeat(15)}a`, 'a1 NO [removed]'],
		['a refresh token', 'a1 NO 1.AXoAabcdefghijklmnopqrstu.v-w', 'a1 NO [removed]'],
		['a token cut by invisible characters', `a1 NO ${'abcde\u200b'.repeat(15)}`, 'a1 NO [removed]'],
	])('%s', (_name, answer, expected) => {
		expect(kept(answer)).toBe(expected);
	});

	test.each([
		['60 characters', `a1 NO ${'a'.repeat(60)}`],
		['a host name, a time and an id', SMTP_535],
		[
			'an exception’s name',
			'554 5.2.0 STOREDRV.Submission.Exception:SendAsDeniedException.MapiExceptionSendAsDenied',
		],
		['an address', '535 5.7.139 Visit https://aka.ms/smtp_auth_disabled for more information.'],
	])('%s may stay', (_name, answer) => {
		expect(kept(answer)).toBe(answer);
	});

	test('a long line is cut at 300 characters', () => {
		const answer = kept(`a1 NO ${'very '.repeat(500)}long`);
		expect(answer).toHaveLength(300);
		expect(answer).toMatch(/…$/);
	});

	test.each([3940, 3990, 3998])(
		'a token that is cut at character %i leaves nothing behind',
		(at) => {
			const answer = `${'x'.repeat(at)} ${'S'.repeat(2000)}`;
			expect(kept(answer)).not.toMatch(/S/);
		},
	);

	test('what is left of nothing is not kept', () => {
		expect(explainMailAnswer('imap', refused(' \r\n'), good)).not.toHaveProperty('reference');
	});

	test('a reason of the network is kept and cleaned too', () => {
		const detail = `self-signed certificate\n${jwt}`;
		const failure: MailLoginFailure = { kind: 'unreachable', reason: 'certificate', detail };
		expect(explainMailAnswer('imap', failure, good).reference).toEqual({
			answer: 'self-signed certificate [removed]',
		});
	});
});
