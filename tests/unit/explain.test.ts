// The words for people: there for every code, short, about the right mailbox and site, and naming who can help.

import { describe, expect, test } from 'vitest';
import type { SignInProblemCode, Who } from '../../src/lib/domain/problem.ts';
import { explainProblem } from '../../src/lib/problems/explain.ts';
import { explainWho } from '../../src/lib/problems/explain-who.ts';
import type { FieldFault } from '../../src/lib/domain/field-fault.ts';
import { explainFieldFault } from '../../src/lib/problems/field-faults.ts';
import { explainReturn, RETURN_PROBLEMS } from '../../src/lib/problems/return-problems.ts';
import { PAGE_WORDS } from '../../src/lib/words/all-page-words.ts';

const site = 'https://mysite.equisonline.com';
const mailbox = 'equis@mycompany.com';

// Records of all codes: one that is added without a row here does not pass the type check.
const whoFixes: Record<SignInProblemCode, Who> = {
	sign_in_expired: 'visitor',
	sign_in_interrupted: 'visitor',
	cancelled_at_microsoft: 'visitor',
	approval_needed: 'microsoft_365_administrator',
	refused_by_microsoft: 'microsoft_365_administrator',
	organisation_not_allowed: 'visitor',
	microsoft_unreachable: 'nobody',
	microsoft_answer_invalid: 'operator',
	clock_differs: 'operator',
	authorization_code_refused: 'visitor',
	helper_not_accepted_by_microsoft: 'operator',
	mail_rights_missing: 'microsoft_365_administrator',
	revoked: 'visitor',
	link_ended: 'visitor',
	site_not_registered: 'operator',
	mailbox_not_allowed: 'operator',
	account_differs: 'visitor',
};

const fieldFaults: Record<FieldFault, RegExp> = {
	site_missing: /^Enter .*(URL|name of your site)/,
	site_too_long: /^Enter .*(URL|name of your site)/,
	site_is_email: /^Enter .*(URL|name of your site)/,
	site_not_https: /^Enter .*(URL|name of your site)/,
	site_not_a_url: /^Enter .*(URL|name of your site)/,
	site_has_credentials: /^Enter .*(URL|name of your site)/,
	site_host_not_public: /^Enter .*(URL|name of your site)/,
	email_missing: /^Enter .*email address/,
	email_too_long: /^Enter .*email address/,
	email_not_an_address: /^Enter .*email address/,
	email_not_ascii:
		/^Enter an address with only the letters A to Z before the @ sign\..*Microsoft 365/,
	site_not_registered: /ask whoever runs the site/,
	mailbox_not_allowed: /ask whoever runs the site/,
};

function entriesOf<Key extends string, Value>(record: Record<Key, Value>): [Key, Value][] {
	return Object.entries(record) as [Key, Value][];
}

const problems = entriesOf(whoFixes).flatMap(([code, who]) =>
	[undefined, 'pat@mycompany.com'].map((signedInAs) => ({
		code,
		who,
		signedInAs,
		words: explainProblem(code, { site, mailbox, signedInAs }),
	})),
);

// Twenty words are easy to follow, thirty are the most that can be asked of anyone.
function expectReadable(text: string): void {
	expect(text.trim()).toBe(text);
	expect(text).not.toBe('');
	expect(text).not.toMatch(/undefined|\[object|\$\{/);
	for (const sentence of text.split(/(?<=[.!?])\s+/)) {
		expect(sentence.split(/\s+/).length, sentence).toBeLessThanOrEqual(30);
	}
}

describe.each(problems)('$code, signed in as $signedInAs', ({ code, who, words }) => {
	test('says what happened, who can fix it and the next step, in short sentences', () => {
		expect(words).toMatchObject({ code, who });
		expectReadable(words.title);
		expectReadable(words.explanation);
		expectReadable(words.next_step);
		expect(words.title).not.toMatch(/\.$/);
		expect(words.explanation).toMatch(/\.$/);
		expect(words.next_step).toMatch(/\.$/);
	});

	test('has no reference that was not given, and keeps the one that was', () => {
		expect(words).not.toHaveProperty('reference');
		const reference = { code: 'AADSTS65004' };
		expect(explainProblem(code, { site, mailbox }, reference)).toHaveProperty(
			'reference',
			reference,
		);
	});
});

test.each(['visitor', 'microsoft_365_administrator', 'operator', 'nobody'] as const)(
	'%s is named in a sentence',
	(who) => {
		expectReadable(explainWho(who, PAGE_WORDS.en));
	},
);

test('an account of another organisation is named beside the site', () => {
	const { explanation } = explainProblem('organisation_not_allowed', {
		site,
		mailbox,
		signedInAs: 'sam@othercompany.com',
	});
	expect(explanation).toContain('sam@othercompany.com');
	expect(explanation).toContain(site);
});

test.each(RETURN_PROBLEMS)('a return that is %s', (problem) => {
	const words = explainReturn(problem, PAGE_WORDS.en);
	for (const text of [words.title, words.explanation, words.next_step]) expectReadable(text);
});

test.each(entriesOf(fieldFaults))('%s says what to do: %s', (fault, what) => {
	const sentence = explainFieldFault(fault, PAGE_WORDS.en);
	expectReadable(sentence);
	expect(sentence).toMatch(what);
	// It stands in a list of links and under its field, as a label does.
	expect(sentence).not.toMatch(/\.$/);
});
