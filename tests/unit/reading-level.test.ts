// Every text for people, measured: short sentences, short titles, and no word that a mail administrator's
// non-technical colleague would have to look up.

import { describe, expect, test } from 'vitest';
import type { MailLoginFailure, UnreachableReason } from '../../src/lib/domain/mail-login.ts';
import type { SignInProblemCode, TokenProblemCode, Who } from '../../src/lib/domain/problem.ts';
import type { MailProtocol } from '../../src/lib/domain/mail-protocol.ts';
import { aadstsEntries } from '../../src/lib/problems/aadsts/catalogue.ts';
import { explainTokenProblem } from '../../src/lib/problems/explain-token.ts';
import { explainProblem } from '../../src/lib/problems/explain.ts';
import {
	explainMailProblem,
	problemOfMissingRight,
	type MailLoginContext,
} from '../../src/lib/problems/mail-answers/explain-mail-answer.ts';
import { explainMailAnswer } from '../support/explain-mail-answer.ts';
import { explainReturn, RETURN_PROBLEMS } from '../../src/lib/problems/return-problems.ts';
import { PAGE_WORDS } from '../../src/lib/words/all-page-words.ts';

type Text = { name: string; who: Who; title: string; explanation: string; next_step: string };

const subject = {
	site: 'https://mysite.equisonline.com',
	mailbox: 'equis@mycompany.com',
	signedInAs: 'pat@mycompany.com',
};

const SIGN_IN_PROBLEMS: Record<SignInProblemCode, true> = {
	sign_in_expired: true,
	sign_in_interrupted: true,
	cancelled_at_microsoft: true,
	approval_needed: true,
	refused_by_microsoft: true,
	organisation_not_allowed: true,
	microsoft_unreachable: true,
	microsoft_answer_invalid: true,
	clock_differs: true,
	authorization_code_refused: true,
	helper_not_accepted_by_microsoft: true,
	mail_rights_missing: true,
	revoked: true,
	link_ended: true,
	site_not_registered: true,
	mailbox_not_allowed: true,
	account_differs: true,
};

const TOKEN_PROBLEMS: Record<TokenProblemCode, true> = {
	microsoft_unreachable: true,
	microsoft_throttles: true,
	refused_once: true,
	sign_in_required: true,
	request_not_accepted: true,
};

const PROTOCOLS: MailProtocol[] = ['imap', 'pop', 'smtp'];

const UNREACHABLE: Record<UnreachableReason, true> = {
	timeout: true,
	connection_refused: true,
	connection_lost: true,
	name_unknown: true,
	no_starttls: true,
	certificate: true,
	not_understood: true,
};

// One answer for each set of words; mail-answers.test.ts has the answers themselves.
const ANSWERS: [MailProtocol[], string, ('authenticate' | 'select' | 'send')?][] = [
	[PROTOCOLS, '535 NO refused'],
	[['imap', 'pop'], 'refused', 'select'],
	[['imap', 'pop'], 'Logon failure'],
	[['imap', 'pop'], '[UNAVAILABLE]'],
	[['smtp'], '421 4.3.2'],
	[PROTOCOLS, 'Unsupported authentication mechanism'],
	[['imap'], 'BAD'],
	[['pop'], 'protocol error'],
	[['smtp'], '503'],
	[['smtp'], 'SmtpClientAuthentication is disabled for the Tenant'],
	[['smtp'], 'SmtpClientAuthentication is disabled for the Mailbox'],
	[['smtp'], 'security defaults'],
	[['smtp'], '535 5.7.139'],
	[['smtp'], '550 5.7.30'],
	[['smtp'], '530 5.7.57'],
	[['smtp'], 'SendAsDenied', 'send'],
	[['smtp'], 'Concurrent connections limit', 'send'],
	[['smtp'], 'SubmissionQuotaExceeded', 'send'],
	[['smtp'], 'OutboundSpamException', 'send'],
	[['smtp'], 'AccountDisabledException', 'send'],
	[['smtp'], '550 5.7.236', 'send'],
	[['imap'], 'Request is throttled. Suggested Backoff Time: 89117 milliseconds'],
	[['smtp'], 'mailbox full', 'send'],
	[['smtp'], '550 5.2.253', 'send'],
	[['smtp'], '550 5.2.254', 'send'],
	[['smtp'], '550 5.2.255', 'send'],
	[['smtp'], '550 5.1.8', 'send'],
	[['smtp'], '550', 'send'],
];

const good: MailLoginContext = {
	mailbox: subject.mailbox,
	signedInAs: subject.mailbox,
	right: 'granted',
	tokenLeftSeconds: 3600,
};
const CONTEXTS: MailLoginContext[] = [
	good,
	{ ...good, signedInAs: subject.signedInAs },
	{ ...good, tokenLeftSeconds: 0 },
];

function keysOf<Key extends string>(record: Record<Key, true>): Key[] {
	return Object.keys(record) as Key[];
}

const mailFailures: [MailProtocol, MailLoginFailure][] = [
	...ANSWERS.flatMap(([protocols, answer, stage = 'authenticate']) =>
		protocols.map((protocol): [MailProtocol, MailLoginFailure] => [
			protocol,
			{ kind: 'refused', stage, answer },
		]),
	),
	...keysOf(UNREACHABLE).flatMap((reason) =>
		PROTOCOLS.map((protocol): [MailProtocol, MailLoginFailure] => [
			protocol,
			{ kind: 'unreachable', reason },
		]),
	),
];

const mailExplanations = [
	...mailFailures.flatMap(([protocol, failure]) =>
		CONTEXTS.map((context) => ({ protocol, ...explainMailAnswer(protocol, failure, context) })),
	),
	...PROTOCOLS.flatMap((protocol) =>
		[PROTOCOLS, []].map((requested) => ({
			protocol,
			...explainMailProblem(
				problemOfMissingRight(protocol, { ...good, requested }),
				protocol,
				good,
			),
		})),
	),
];

const texts: Text[] = [
	...keysOf(SIGN_IN_PROBLEMS).map((code) => ({ name: code, ...explainProblem(code, subject) })),
	...keysOf(TOKEN_PROBLEMS).map((code) => ({ name: code, ...explainTokenProblem(code, subject) })),
	...keysOf(TOKEN_PROBLEMS).flatMap((code) =>
		['AADSTS50057', 'AADSTS50173', 'AADSTS500014', 'AADSTS99999'].map((number) => ({
			name: `${code} ${number}`,
			...explainTokenProblem(code, subject, { code: number }),
		})),
	),
	...RETURN_PROBLEMS.map((code) => ({
		name: code,
		...explainReturn(code, PAGE_WORDS.en),
	})),
	...aadstsEntries().map(({ numbers, words }) => ({
		name: `AADSTS ${numbers.join(', ')}`,
		...words(subject, 'en'),
	})),
	...mailExplanations.map(({ protocol, code, reference: _answer, ...words }) => ({
		name: `${protocol} ${code}`,
		...words,
	})),
].filter(
	// Most contexts change nothing.
	(text, index, all) =>
		all.findIndex((other) => JSON.stringify(other) === JSON.stringify(text)) === index,
);

/** Lines that are copied, not read. */
const COMMAND = /^[A-Z][a-z]+-[A-Za-z]+ .*$/gm;

function sentencesOf(text: string): string[] {
	return text
		.replace(COMMAND, '')
		.split(/\n+|(?<=[.!?])\s+/)
		.filter((sentence) => sentence.trim() !== '');
}

/** The > between the steps of a menu is no word. */
function wordsOf(sentence: string): number {
	return sentence.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word)).length;
}

function median(numbers: number[]): number {
	const sorted = numbers.toSorted((a, b) => a - b);
	return ((sorted[(sorted.length - 1) >> 1] ?? 0) + (sorted[sorted.length >> 1] ?? 0)) / 2;
}

const JARGON =
	/\b(OAuth\w*|SASL|XOAUTH2|OAUTHBEARER|tenants?|scopes?|consent polic\w+|consent|endpoints?|IdP|identity provider|claims?|PKCE|nonce|redirect URI|refresh tokens?|access tokens?|authorization codes?|code verifier|grants?|credentials?|MFA|multi-?factor|UPN|SSO|federat\w+|principals?|directory|session|STARTTLS|TLS|AUTH|EXAMINE|delegat\w+|Conditional Access)\b/i;

/** The house's words (a mailbox is connected, a login is the mail server's) and no blame or flourish. */
const NOT_OUR_WORDS =
	/\b(log ?in to Microsoft|sign ?on|e-mail|please try|oops|sorry|unfortunately|simply|valid(?:ate|ation)|failed to|error|invalid|unable|connector|Azure AD|Office 365 (?!Exchange Online))\b/i;

test('there is a text for each kind of thing that can be told', () => {
	expect(texts.length).toBeGreaterThan(100);
	const codes = new Set(mailExplanations.map(({ code }) => code));
	// One for each MailProblemCode.
	expect(codes.size).toBe(35);
});

describe.each(texts)('$name', ({ who, title, explanation, next_step }) => {
	const body = `${explanation}\n${next_step}`;

	test('has a title of at most 60 characters that is not a sentence', () => {
		expect(title.length).toBeGreaterThan(10);
		expect(title.length).toBeLessThanOrEqual(60);
		expect(title).not.toMatch(/[.:!]$/);
	});

	test('has no sentence of over 25 words, and half of them have at most 20', () => {
		for (const sentence of sentencesOf(body)) {
			expect(wordsOf(sentence), sentence).toBeLessThanOrEqual(25);
		}
		for (const text of [explanation, next_step]) {
			expect(median(sentencesOf(text).map(wordsOf)), text).toBeLessThanOrEqual(20);
		}
	});

	test('is made of whole sentences', () => {
		for (const sentence of sentencesOf(body)) {
			expect(sentence).toMatch(/^["“]?[\p{Lu}\p{N}]|^[^\s@]+@/u);
			expect(sentence).toMatch(/[.?!:]$/);
		}
		expect(body).not.toMatch(/ {2}|undefined|\$\{/);
	});

	test('explains itself to a visitor without jargon', () => {
		expect(title).not.toMatch(JARGON);
		expect(explanation).not.toMatch(JARGON);
		// What comes after these words is for somebody whose jargon it is.
		const [forVisitors = ''] = next_step.split(/For the (?:operator|administrator):/);
		if (who === 'visitor' || who === 'nobody') {
			expect(forVisitors.replace(COMMAND, '')).not.toMatch(JARGON);
		}
	});

	test('uses the words of the house', () => {
		expect(`${title}\n${body}`).not.toMatch(NOT_OUR_WORDS);
	});

	test('names who is to act, if that is not the visitor', () => {
		if (who === 'microsoft_365_administrator') expect(next_step).toMatch(/administrator|approval/);
		if (who === 'operator') expect(next_step).toMatch(/operator/);
	});
});
