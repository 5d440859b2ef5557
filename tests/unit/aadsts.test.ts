// The AADSTS numbers that Microsoft documents for sign-ins like ours: each has words and somebody who can
// act, and no number changes which problem it is.

import { describe, expect, test } from 'vitest';
import type { SignInProblemCode, Who } from '../../src/lib/domain/problem.ts';
import { listedNumbers, type AadstsMeaning } from '../../src/lib/domain/aadsts.ts';
import { aadstsEntries } from '../../src/lib/problems/aadsts/catalogue.ts';
import { explainProblem } from '../../src/lib/problems/explain.ts';
import { explainTokenProblem } from '../../src/lib/problems/explain-token.ts';

const subject = { site: 'https://mysite.equisonline.com', mailbox: 'equis@mycompany.com' };

// https://learn.microsoft.com/entra/identity-platform/reference-error-codes, and for 9002325 to 9002327 and
// 9002331 what others have reported. Written out here, so that a number lost in the catalogue is noticed.
const NUMBERS: Record<Who, readonly number[]> = {
	visitor: [
		65004, 65001, 50020, 16000, 90072, 50034, 51004, 500208, 50126, 50053, 50055, 50144, 50056,
		50058, 50072, 50079, 50074, 50076, 50078, 500121, 50125, 50140, 50199, 50132, 50133, 50173,
		70000, 70008, 700082, 70043, 50089, 54005, 90002, 900023, 50059, 50128, 90019, 50158, 700003,
	],
	microsoft_365_administrator: [
		7000229, 650051, 500014, 530002, 530003, 53005, 53006, 53007, 53008, 53009, 53010, 90094, 90095,
		90008, 650052, 500011, 50105, 7000112, 70001, 1000031, 500212, 500213, 500021, 500022, 50057,
		50097, 50129, 53000, 53001, 50131, 53003, 530032, 53002, 530035, 53004, 53011,
	],
	operator: [
		650054, 650056, 65005, 650057, 700016, 700011, 9002332, 9001023, 90130, 9002331, 700084, 700005,
		501481, 50147, 501491, 50011, 900971, 70004, 9002325, 9002326, 9002327, 7000215, 7000222,
		700024, 700021, 700030, 50027, 500112, 7000218, 700025, 700027, 50012, 70002, 70011, 28002,
		28003, 700022, 700023, 700054, 70005, 70007, 90038, 900382, 900432, 50194, 90015, 90014, 900144,
		9002313, 90005,
	],
	nobody: [50196, 90055, 50033, 50087, 90006, 90012, 90024, 90033, 90090, 40010, 70012, 80005],
};

const ALL = Object.entries(NUMBERS).flatMap(([who, numbers]) =>
	numbers.map((number) => ({ who, number })),
);

const ANSWERED_BY_MICROSOFT: SignInProblemCode[] = [
	'refused_by_microsoft',
	'approval_needed',
	'cancelled_at_microsoft',
	'authorization_code_refused',
	'helper_not_accepted_by_microsoft',
	'microsoft_unreachable',
];

const OTHER_PROBLEMS: SignInProblemCode[] = [
	'sign_in_expired',
	'sign_in_interrupted',
	'organisation_not_allowed',
	'microsoft_answer_invalid',
	'clock_differs',
	'mail_rights_missing',
	'revoked',
];

function explained(code: SignInProblemCode, number: number | string) {
	return explainProblem(code, subject, { code: `AADSTS${number}` });
}

describe.each(ALL)('AADSTS$number', ({ who, number }) => {
	test(`can be acted on by: ${who}`, () => {
		expect(explained('refused_by_microsoft', number)).toMatchObject({ who });
	});

	test('says more than that Microsoft refused', () => {
		const plain = explainProblem('refused_by_microsoft', subject);
		expect(explained('refused_by_microsoft', number).explanation).not.toBe(plain.explanation);
	});

	test('changes the words of a problem and never its code', () => {
		const words = ANSWERED_BY_MICROSOFT.map((code) => {
			const { code: kept, title, explanation, next_step } = explained(code, number);
			expect(kept).toBe(code);
			return { title, explanation, next_step };
		});
		expect(new Set(words.map((each) => JSON.stringify(each))).size).toBe(1);
	});
});

test.each(OTHER_PROBLEMS)('%s keeps its own words whatever number stands beside it', (code) => {
	expect(explained(code, 53003)).toEqual({
		...explainProblem(code, subject),
		reference: { code: 'AADSTS53003' },
	});
});

test.each(['999999', '6500', '650041', '6500400', '065004', '65004x', '', 'access_denied'])(
	'AADSTS%s is nobody’s number, so the problem keeps its own words',
	(number) => {
		for (const code of ANSWERED_BY_MICROSOFT.filter((code) => code !== 'refused_by_microsoft')) {
			expect(explained(code, number)).toMatchObject(explainProblem(code, subject));
		}
	},
);

test('a number that nobody knows accuses nobody, and says the same on each way', () => {
	const told = explained('refused_by_microsoft', 999999);
	const refreshed = explainTokenProblem('request_not_accepted', subject, told.reference);
	expect(told).toMatchObject({
		...{ who: 'operator', title: 'Microsoft gave a reason that is not known here' },
		next_step: expect.stringMatching(/operator of this page and .* administrator/) as string,
	});
	expect([refreshed.who, refreshed.title]).toEqual([told.who, told.title]);
	expect(explained('refused_by_microsoft', 'login_required').who).toBe(
		explainProblem('refused_by_microsoft', subject).who,
	);
});

test('an OAuth error without a number keeps the words of the problem', () => {
	expect(explainProblem('refused_by_microsoft', subject, { code: 'login_required' })).toMatchObject(
		explainProblem('refused_by_microsoft', subject),
	);
});

test('each number has one entry, and no entry a number that is not in the list above', () => {
	const numbers = aadstsEntries().flatMap((entry) => entry.numbers);
	const byValue = (a: number, b: number) => a - b;
	expect(numbers.toSorted(byValue)).toEqual(ALL.map(({ number }) => number).toSorted(byValue));
});

/** Who can act on what a number says; a person who has to sign in may need one of the others first. */
const WHO_OF_MEANING: Record<AadstsMeaning, readonly Who[]> = {
	own_credential: ['operator'],
	registration: ['operator'],
	organisation: ['microsoft_365_administrator'],
	throttled: ['nobody'],
	transient: ['nobody'],
	sign_in: ['visitor', 'microsoft_365_administrator', 'operator'],
};

test('each number has one meaning, and its words name somebody who can act on that', () => {
	const listed = listedNumbers();
	expect(new Set(listed.map(({ number }) => number))).toEqual(
		new Set(ALL.map(({ number }) => number)),
	);
	for (const { number, meaning } of listed) {
		const { who } = explained('refused_by_microsoft', number);
		expect(WHO_OF_MEANING[meaning], `AADSTS${number}`).toContain(who);
	}
});

test('no two entries have the same title', () => {
	const titles = aadstsEntries().map(({ words }) => words(subject, 'en').title);
	expect(new Set(titles).size).toBe(titles.length);
});

test('declining at Microsoft is told calmly, with the way to an administrator', () => {
	const { title, explanation, next_step } = explained('cancelled_at_microsoft', 65004);
	expect(`${title} ${explanation}`).not.toMatch(/fail|error|wrong|problem/i);
	expect(explanation).toContain(subject.mailbox);
	expect(explanation).toContain(subject.site);
	expect(next_step).toMatch(/Accept/);
	expect(next_step).toMatch(/administrator/);
});

test.each([
	[90094, /Microsoft 365 administrator/],
	[90095, /Admin consent requests/],
	[50105, /Users and groups.*Assignment required\?/],
	[7000112, /Enabled for users to sign in\?/],
	[53003, /Sign-in logs.*Conditional Access/],
	[53000, /Conditional Access/],
	[500213, /Cross-tenant access settings/],
	[70043, /Sign-in frequency/],
	[50057, /shared mailbox.*Unblock sign-in/],
	[50011, /ORIGIN\/microsoft365_oauth\.html/],
	[9002327, /Web/],
	[7000215, /MICROSOFT_CLIENT_SECRET/],
	[7000222, /MICROSOFT_CLIENT_CERTIFICATE/],
	[50194, /MICROSOFT_TENANT/],
	[900432, /MICROSOFT_CLOUD/],
	[650057, /IMAP\.AccessAsUser\.All, POP\.AccessAsUser\.All and SMTP\.Send/],
])('AADSTS%s names the exact place: %s', (number, place) => {
	expect(explained('refused_by_microsoft', number).next_step).toMatch(place);
});
