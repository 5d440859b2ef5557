// Every AADSTS number that is known, and the inputs of public reports, on each of the three ways on which Microsoft answers: who
// is told to act, in which words, and whether anybody else is held up.

import { describe, expect, test } from 'vitest';
import { aadstsNumber } from '../../src/lib/domain/aadsts-number.ts';
import { listedNumbers } from '../../src/lib/domain/aadsts.ts';
import type { Who } from '../../src/lib/domain/problem.ts';
import { problemOfRefusal, referenceOfRefusal } from '../../src/lib/domain/refusal.ts';
import { explainProblem } from '../../src/lib/problems/explain.ts';
import { explainTokenProblem } from '../../src/lib/problems/explain-token.ts';
import {
	kindOfTokenError,
	MicrosoftError,
} from '../../src/lib/server/microsoft/microsoft-error.ts';
import { REFRESH_DURATIONS } from '../../src/lib/server/durations.ts';
import { failureOf } from '../../src/lib/server/tokens/refresh-failure.ts';
import { problemOfMicrosoftError } from '../../src/lib/server/sign-ins/problem-of-microsoft-error.ts';

const subject = { site: 'https://mysite.equisonline.com', mailbox: 'equis@mycompany.com' };
const now = new Date('2026-11-26T12:00:00Z');

/** What Microsoft sends with numbers; the number must decide whichever stands there. */
const WORDS = [
	...['invalid_client', 'unauthorized_client', 'invalid_resource', 'invalid_request'],
	...['invalid_grant', 'interaction_required', 'access_denied'],
];

const described = (number: number) => `AADSTS${number}: No.`;

function errorOf(error: string, number: number, status = 400): MicrosoftError {
	return new MicrosoftError(kindOfTokenError({ error, status, number }), {
		reference: referenceOfRefusal(error, described(number)),
		answer: { error, description: described(number) },
	});
}

function onRedirect(error: string, number: number) {
	const code = problemOfRefusal(error, described(number));
	return explainProblem(code, subject, referenceOfRefusal(error, described(number)));
}

function onCode(error: string, number: number) {
	const failure = errorOf(error, number);
	return explainProblem(problemOfMicrosoftError(failure), subject, failure.reference);
}

/** After the second of two answers. `held` is everybody, `own` the token alone. */
function onRefresh(error: string, number: number) {
	const failure = errorOf(error, number);
	const effect = failure.kind === 'invalid_client' ? 'held' : 'own';
	const leased = { refusedAt: now, failures: 1, failingSince: now };
	const context = { now: () => now, random: () => 0, durations: REFRESH_DURATIONS };
	const { state, problem } = failureOf(context, leased, failure);
	const words = explainTokenProblem(problem.code, subject, problem.reference);
	return { effect, state, words };
}

const BY_MEANING = {
	own_credential: { effect: 'held' },
	registration: { effect: 'own', state: 'degraded' },
	organisation: { effect: 'own', state: 'degraded' },
	throttled: { effect: 'own', state: 'degraded' },
	transient: { effect: 'own', state: 'degraded' },
	sign_in: { effect: 'own', state: 'sign_in_required' },
} as const;

describe.each(listedNumbers())('AADSTS$number, $meaning', ({ number, meaning }) => {
	test.each(WORDS)('beside %s has the same words and effect on each way', (error) => {
		const page = explainProblem('refused_by_microsoft', subject, { code: `AADSTS${number}` });
		for (const told of [onRedirect(error, number), onCode(error, number)]) {
			expect(told).toMatchObject({ who: page.who, title: page.title });
		}
		const { words, ...rest } = onRefresh(error, number);
		expect(rest).toMatchObject(BY_MEANING[meaning]);
		const isWait = meaning === 'throttled' || meaning === 'transient';
		expect(words.who).toBe(page.who);
		if (isWait || rest.effect === 'held') return;
		expect(words).toMatchObject({ title: page.title, explanation: page.explanation });
		expect(words.next_step).toContain(page.next_step);
	});
});

// Microsoft's general number stands before the one that says what is wrong.
test.each([
	[
		'AADSTS70002: Error validating credentials. AADSTS70008: The refresh token has expired.',
		'70008',
	],
	['AADSTS70002: Error validating credentials. AADSTS50012: Invalid client secret.', '50012'],
	['AADSTS70002: Error validating credentials.', '70002'],
	['aadsts650052: The app needs access to a service.', '650052'],
	['AADSTS50076: Use a second proof. See AADSTS70008.', '50076'],
	['Error 70008.', undefined],
])('%s is about %s', (text, number) => {
	expect(aadstsNumber(text)).toBe(number);
});

test('a token that was not used for months is told without the entries of a page', () => {
	const { words } = onRefresh('invalid_grant', 700082);
	expect(words.next_step).not.toContain('filled in');
	expect(words.next_step).toContain('The identifier stays the same');
});

// Public reports, as they were seen: the error, the number, who can act, and what the title says.
const REPORTS: [string, number, Who, RegExp][] = [
	['invalid_client', 7000229, 'microsoft_365_administrator', /removed from your organisation/],
	['invalid_client', 650051, 'microsoft_365_administrator', /cannot add the application/],
	['invalid_client', 650052, 'microsoft_365_administrator', /no mail service/],
	['invalid_resource', 500014, 'microsoft_365_administrator', /mail service is switched off/],
	['invalid_grant', 50076, 'visitor', /second proof/],
	['invalid_grant', 50079, 'visitor', /second proof/],
	['interaction_required', 50158, 'visitor', /confirm who you are/],
	['invalid_grant', 530003, 'microsoft_365_administrator', /devices of your organisation/],
	['invalid_grant', 53000, 'microsoft_365_administrator', /devices of your organisation/],
	['invalid_grant', 53003, 'microsoft_365_administrator', /rule/i],
	['invalid_grant', 53011, 'microsoft_365_administrator', /unsafe/],
	['invalid_grant', 700003, 'visitor', /device/],
	['invalid_grant', 50173, 'visitor', /no longer valid/],
	['invalid_grant', 50057, 'microsoft_365_administrator', /switched off/],
	['invalid_client', 700024, 'operator', /clock/],
	['invalid_client', 7000222, 'operator', /expired/],
];

test.each(REPORTS)('%s AADSTS%i is told to: %s', (error, number, who, title) => {
	const told = { redirect: onRedirect(error, number), code: onCode(error, number) };
	for (const words of Object.values(told)) {
		expect(words.who).toBe(who);
		expect(words.title).toMatch(title);
	}
	const { effect, words } = onRefresh(error, number);
	if (effect === 'held') return;
	expect(words.who).toBe(who);
	expect(words.title).toMatch(title);
	expect(words.explanation).not.toContain('ended all sessions of the account');
});

describe('a number that nobody knows', () => {
	const NUMBER = 7_999_991;

	test.each(WORDS)('beside %s holds nobody else up', (error) => {
		expect(onRefresh(error, NUMBER).effect).toBe('own');
	});

	test.each(['invalid_client', 'unauthorized_client', 'invalid_resource'])(
		'beside %s is not told as a fault of this helper’s own key, nor as one of the person',
		(error) => {
			expect(onRedirect(error, NUMBER).code).toBe('refused_by_microsoft');
			expect(onCode(error, NUMBER).code).toBe('refused_by_microsoft');
			expect(onRefresh(error, NUMBER).words.title).toBe(
				'Microsoft gave a reason that is not known here',
			);
		},
	);

	test('beside invalid_grant is told as what is known, and no reason is made up', () => {
		for (const { explanation } of [
			onCode('invalid_grant', NUMBER),
			onRefresh('invalid_grant', NUMBER).words,
		]) {
			expect(explanation).toContain('hold all that it said about the reason');
			expect(explanation).not.toMatch(/long time|for example/);
		}
	});
});

test('without a number the error decides, as other identity providers send none', () => {
	const kind = (error: string) => kindOfTokenError({ error, status: 400, number: undefined });
	expect(kind('invalid_client')).toBe('invalid_client');
	expect(kind('invalid_grant')).toBe('invalid_grant');
	expect(kind('something_new')).toBe('unreachable');
});
