// The words of each language: all there, with the same names in them, and chosen as the browser asks.

import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { wordFaults } from '../../scripts/words.js';
import { runsOf } from '../../src/lib/components/rich-text.ts';
import { splitNextStep } from '../../src/lib/components/next-step.ts';
import { summaryText } from '../../src/lib/components/summary.ts';
import { CLOUDS } from '../../src/lib/domain/cloud.ts';
import { MAIL_PROTOCOLS } from '../../src/lib/domain/mail-protocol.ts';
import type { MailProblemCode } from '../../src/lib/domain/mail-login.ts';
import { aadstsEntries } from '../../src/lib/problems/aadsts/catalogue.ts';
import { explainProblem } from '../../src/lib/problems/explain.ts';
import { explainMailProblem } from '../../src/lib/problems/mail-answers/explain-mail-answer.ts';
import { LASTING } from '../../src/lib/problems/mail-answers/lasting.ts';
import { explainMailAnswer } from '../support/explain-mail-answer.ts';
import { PAGE_WORDS } from '../../src/lib/words/all-page-words.ts';
import {
	directionOf,
	LANGUAGES,
	parseLanguage,
	type Language,
} from '../../src/lib/domain/language.ts';
import { preferredLanguage } from '../../src/lib/words/preferred-language.ts';
import { PROBLEM_WORDS } from '../../src/lib/words/problem-words.ts';

const FOLDER = new URL('../../src/lib/words/', import.meta.url);
const good = {
	...{ mailbox: 'box@example.com', signedInAs: 'box@example.com' },
	...({ account: 'mailbox', right: 'granted', tokenLeftSeconds: 3600 } as const),
};

const OTHERS = LANGUAGES.filter((language) => language !== 'en');

describe('a file of words', () => {
	const english = { hello: 'Hello {name}, {#strong}you{/strong}', bye: 'Bye' };

	test('that has all words and names of the English one is whole, in whatever order', () => {
		expect(wordFaults(english, { bye: 'x', hello: '{#strong}{name}{/strong}!' })).toEqual([]);
	});

	test('that lacks a word, or has one that nobody asks for, is not', () => {
		expect(wordFaults(english, { hello: english.hello, hi: 'Hi' })).toEqual([
			'"bye" is missing.',
			'"hi" is no word of the English file.',
		]);
	});

	test('whose names in braces differ is not', () => {
		const fault = '"hello" has not the same names in braces as in English.';
		expect(wordFaults(english, { ...english, hello: 'Hallo {#strong}du{/strong}' })).toEqual([
			fault,
		]);
		expect(wordFaults(english, { ...english, hello: 'Hallo {name}' })).toEqual([fault]);
	});

	test.each(['start', 'signed-in', 'problems'])(
		'of the %s is there for each language, and for no other',
		(room) => {
			const files = readdirSync(new URL(`${room}/`, FOLDER)).sort();
			expect(files).toEqual(LANGUAGES.map((language) => `${language}.json`).sort());
		},
	);
});

describe.each(OTHERS)('in %s', (language) => {
	/** Names that several languages share, and what is no sentence. */
	const mayBeAlike = /^(Port|Code|Link|Site|Server|Service|Error:.*)$/;
	const noSentences = ['title_state', 'check_line', 'thing_of_server', 'summary_file_name'];

	test('hardly a word is left in English', () => {
		const alike = Object.entries(PAGE_WORDS.en)
			.map(([key, word]) => [key, (word as (inputs: object) => string)({})] as const)
			.filter(([key, english]) => wordsOf(language)[key]?.({}) === english)
			.filter(([key, english]) => !noSentences.includes(key) && !mayBeAlike.test(english));
		expect(alike).toEqual([]);
	});

	test('the commonest problems are told in it, and do not say otherwise', () => {
		const subject = { site: 'https://s.example.com', mailbox: 'box@example.com' };
		const told = explainProblem('approval_needed', subject, undefined, language);
		expect(told.title).toBe(PROBLEM_WORDS[language].approval_needed_title({}));
		expect(told).not.toHaveProperty('lang');
		expect(told.explanation).toContain('box@example.com');
	});

	test('every problem is told in it, those that only the operator can mend among them', () => {
		const inEnglish = problemTexts('en');
		const told = problemTexts(language);
		expect(inEnglish.length).toBeGreaterThan(100);
		for (const [index, texts] of told.entries()) {
			for (const part of ['title', 'explanation', 'next_step'] as const) {
				expect(texts[part], texts.name).not.toBe(inEnglish[index]?.[part]);
			}
		}
	});

	test.each(['button_sign_in', 'button_try_again', 'button_check_again'] as const)(
		'the button that a problem names is the button of the page: %s',
		(name) => {
			const [button, english] = [PAGE_WORDS[language][name]({}), PAGE_WORDS.en[name]({})];
			const naming = Object.entries(PROBLEM_WORDS.en).filter(([, problem]) =>
				problem({} as never).includes(`“${english}”`),
			);
			expect(naming.length).toBeGreaterThan(0);
			for (const [key] of naming)
				expect(problemWordsOf(language)[key]?.({}), key).toContain(button);
		},
	);

	test('a command for an administrator stays what it is, on a line of its own', () => {
		const failure = { kind: 'refused', stage: 'authenticate', answer: 'NO' } as const;
		const told = explainMailAnswer('imap', failure, good);
		const retold = explainMailAnswer('imap', failure, good, language);
		expect(retold.next_step.split('\n')).toContain(
			"Set-CASMailbox -Identity 'box@example.com' -ImapEnabled $true",
		);
		expect(retold).toMatchObject({ code: told.code, reference: { answer: 'NO' } });
		expect(retold.title).not.toBe(told.title);
		expect(retold).not.toHaveProperty('lang');
	});

	test('numbers have their form', () => {
		const words = PROBLEM_WORDS[language];
		const told = [1, 2, 3, 11, 100].map((count) => words.answer_too_many_in_minutes({ count }));
		for (const text of told) expect(text).not.toMatch(/answer_too|undefined|[{}]/);
		expect(told[3]).toContain('11');
		const withoutNumber = new Set(told.map((text) => text.replace(/[0-9]+/, '')));
		expect(withoutNumber.size).toBe({ ja: 1, ar: 4 }[language as string] ?? 2);
	});
});

test.each(LANGUAGES)(
	'in %s settings are named to operators and administrators alone',
	(language) => {
		const words = PAGE_WORDS[language];
		const split = problemTexts(language).map((text) => ({
			...text,
			...splitNextStep(text.next_step, words),
		}));
		for (const { name, own } of split)
			expect(own, name).not.toMatch(/[A-Z]{3}_[A-Z]|mailkey doctor/);
		const forOthers = split.filter((text) => text.forOthers !== undefined);
		const inEnglish = problemTexts('en').filter(({ next_step: text }) => / For the /.test(text));
		expect(forOthers.map(({ name }) => name)).toEqual(inEnglish.map(({ name }) => name));
		for (const { own, name } of forOthers) expect(own, name).not.toBe('');
	},
);

function problemTexts(language: Language) {
	const subject = { site: 'https://s.example.com', mailbox: 'box@example.com' };
	const ofMail = { mailbox: 'box@example.com', signedInAs: 'pat@example.com' };
	const codes: MailProblemCode[] = Object.keys(LASTING) as never;
	return [
		...aadstsEntries().map(({ numbers, words }) => ({
			name: `AADSTS ${numbers.join(', ')}`,
			...words(subject, language),
		})),
		...codes.flatMap((code) =>
			MAIL_PROTOCOLS.map((protocol) => ({
				name: `${code}, ${protocol}`,
				...explainMailProblem({ code }, protocol, ofMail, language),
			})),
		),
		{ name: 'clock', ...explainProblem('clock_differs', subject, undefined, language) },
	];
}

function wordsOf(language: Language): Record<string, ((inputs: object) => string) | undefined> {
	return { ...PAGE_WORDS[language] } as never;
}

function problemWordsOf(language: Language): ReturnType<typeof wordsOf> {
	return { ...PROBLEM_WORDS[language] } as never;
}

test('in a language that is written from the right, names are kept apart from what is around them', () => {
	const subject = { site: 'https://s.example.com', mailbox: 'box@example.com' };
	expect(directionOf('ar')).toBe('rtl');
	const { explanation } = explainProblem('cancelled_at_microsoft', subject, undefined, 'ar');
	expect(explanation).toContain('\u2068box@example.com\u2069');
});

test.each([
	['de-AT,de;q=0.9,en;q=0.8', 'de'],
	['pt-PT', 'pt'],
	['sv, fr;q=0.5', 'fr'],
	['sv', 'en'],
	['*', 'en'],
	['', 'en'],
	['ja;q=0.2, ar;q=0.3', 'ar'],
	['ar;q=0,ja;q=0.000', 'en'],
	['ar; q=0, ja;q=0.1', 'ja'],
	['x'.repeat(10_000), 'en'],
])('a browser that asks for %s gets %s', (header, language) => {
	const request = new Request('http://localhost', { headers: { 'accept-language': header } });
	expect(preferredLanguage(request)).toBe(language);
});

test('a language that nobody has words in is none', () => {
	for (const text of ['', 'EN', 'sv', '__proto__', undefined, null]) {
		expect(parseLanguage(text)).toBeUndefined();
	}
	expect(parseLanguage('ja')).toBe('ja');
});

test('a message with markup is runs of text that know how they look', () => {
	const parts = PAGE_WORDS.en.consent.parts({ site: 'mysite.example.com', mailbox: 'a@b.example' });
	expect(runsOf(parts)).toEqual([
		{ text: 'mysite.example.com', marks: ['strong', 'ltr'] },
		{ text: ' will be able to read and send mail as ', marks: [] },
		{ text: 'a@b.example', marks: ['strong', 'address'] },
		{ text: ' until you revoke it.', marks: [] },
	]);
});

test.each(LANGUAGES)('the summary in %s holds what the mail settings need', (language) => {
	const text = summaryText(PAGE_WORDS[language], {
		site: 'https://mysite.equisonline.com',
		mailbox: 'equis@mycompany.com',
		identifier: 'ExternalOAuthToken:7:equis@mycompany.com',
		madeOn: 'today',
		mail: CLOUDS.global.mail,
		checks: {
			imap: { status: 'passed' },
			pop: { status: 'failed' },
			smtp: { status: 'skipped' },
		},
		signInAgainUrl: 'https://helper.example.com/microsoft365_oauth.html?site=x',
	});
	const words = PAGE_WORDS[language];
	for (const line of [
		`${words.value_user_name({})}: equis@mycompany.com`,
		`${words.value_password({})}: ExternalOAuthToken:7:equis@mycompany.com`,
		'https://mysite.equisonline.com',
		'https://helper.example.com/microsoft365_oauth.html?site=x',
	]) {
		expect(text).toContain(line);
	}
	for (const { host, port, security } of Object.values(CLOUDS.global.mail)) {
		expect(text).toContain(
			[
				`  ${words.value_server({})}: ${host}`,
				`  ${words.value_port({})}: ${port}`,
				`  ${words.value_encryption({})}: ${security === 'tls' ? 'SSL/TLS' : 'STARTTLS'}`,
			].join('\r\n'),
		);
	}
	expect(text).toContain(words.check_fails({}));
	expect(text).not.toMatch(/undefined|[{}]/);
});

test.each(LANGUAGES)(
	'the summary in %s for a site that only sends speaks of sending alone',
	(language) => {
		const words = PAGE_WORDS[language];
		const text = summaryText(words, {
			...{ site: 'https://sends.example.com', mailbox: 'equis@mycompany.com', madeOn: 'today' },
			identifier: 'ExternalOAuthToken:7:equis@mycompany.com',
			mail: { smtp: { host: '127.0.0.1', port: 1587, security: 'none' } },
			checks: {
				...{ imap: { status: 'skipped' }, pop: { status: 'skipped' }, smtp: { status: 'passed' } },
			},
			signInAgainUrl: 'https://helper.example.com/',
		});
		expect(text).toContain(`${words.value_encryption({})}: ${words.value_encryption_none({})}`);
		expect(text).toContain('SMTP');
		expect(text).not.toMatch(/IMAP|POP/);
	},
);
