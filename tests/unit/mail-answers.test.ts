// What mail servers answer to a login or a message, word for word, and what people are told about it.

import { describe, expect, test } from 'vitest';
import type { MailLoginFailure, MailProblemCode } from '../../src/lib/domain/mail-login.ts';
import type { MailProtocol } from '../../src/lib/domain/mail-protocol.ts';
import {
	explainMailProblem,
	problemOfAnswer,
	problemOfMissingRight,
	type MailLoginContext,
} from '../../src/lib/problems/mail-answers/explain-mail-answer.ts';
import {
	admin,
	asPat,
	EXCHANGE,
	good,
	IMAP_BAD,
	IMAP_NO,
	OTHERS,
	POP_FAILURE,
	refused,
	SMTP_535,
	UNREACHABLE,
	withoutRight,
} from '../support/mail-answer-table.ts';
import { explainMailAnswer } from '../support/explain-mail-answer.ts';
import { LASTING } from '../../src/lib/problems/mail-answers/lasting.ts';
import type { Language } from '../../src/lib/domain/language.ts';

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
			problemOfMissingRight(protocol, { ...withoutRight, requested: [protocol] }),
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
