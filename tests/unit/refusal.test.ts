// Which problem a refusal of Microsoft's is, and what of its text is kept for support.

import { describe, expect, test } from 'vitest';
import { approvalMayHelp } from '../../src/lib/domain/approval-may-help.ts';
import {
	problemOfRefusal,
	problemOfRefusedCode,
	referenceOfRefusal,
} from '../../src/lib/domain/refusal.ts';

const entra = (number: number, words: string) =>
	`AADSTS${number}: ${words} Trace ID: 7d1c5a0e-0000-4000-8000-00000000a100 ` +
	'Correlation ID: 0197a1b2-0000-7000-8000-0000000000aa Timestamp: 2026-11-23 09:15:02Z';

describe('the problem', () => {
	test.each([
		['access_denied', entra(65004, 'User declined to consent.'), 'cancelled_at_microsoft'],
		['access_denied', '', 'cancelled_at_microsoft'],
		['access_denied', 'the user canceled the authentication', 'cancelled_at_microsoft'],
		['access_denied', entra(90094, 'Admin consent is required.'), 'approval_needed'],
		['access_denied', entra(90095, 'Admin consent request.'), 'approval_needed'],
		['interaction_required', entra(65001, 'Not consented.'), 'approval_needed'],
		['invalid_client', entra(65001, 'Not consented.'), 'approval_needed'],
		['access_denied', entra(53003, 'Blocked by Conditional Access.'), 'refused_by_microsoft'],
		['access_denied', entra(50105, 'Not assigned.'), 'refused_by_microsoft'],
		['access_denied', entra(999999, 'Something new.'), 'refused_by_microsoft'],
		['access_denied', entra(90008, 'No basic consent.'), 'approval_needed'],
		['consent_required', '', 'approval_needed'],
		['server_error', '', 'microsoft_unreachable'],
		['temporarily_unavailable', entra(90033, 'A transient error.'), 'microsoft_unreachable'],
		['unauthorized_client', entra(700016, 'Unknown app.'), 'helper_not_accepted_by_microsoft'],
		['invalid_client', entra(7000215, 'Invalid secret.'), 'helper_not_accepted_by_microsoft'],
		['interaction_required', entra(50076, 'MFA is needed.'), 'refused_by_microsoft'],
		['invalid_request', entra(50020, 'Not in this tenant.'), 'refused_by_microsoft'],
		['login_required', '', 'refused_by_microsoft'],
		['', '', 'refused_by_microsoft'],
		['something_new', entra(999999, 'Something new.'), 'refused_by_microsoft'],
		// A longer number that only begins like one of ours is another number.
		['invalid_request', entra(650041, 'Another one.'), 'refused_by_microsoft'],
		['invalid_request', entra(6500199, 'Another one.'), 'refused_by_microsoft'],
	])('%s %s', (error, description, problem) => {
		expect(problemOfRefusal(error, description)).toBe(problem);
	});
});

describe('a code that Microsoft refuses', () => {
	test.each([
		[65001, 'approval_needed'],
		[90094, 'approval_needed'],
		[50076, 'authorization_code_refused'],
		[54005, 'authorization_code_refused'],
		[999999, 'authorization_code_refused'],
	])('with AADSTS%s', (number, problem) => {
		expect(problemOfRefusedCode(entra(number, 'No.'))).toBe(problem);
	});

	test('without a number', () => {
		expect(problemOfRefusedCode('')).toBe('authorization_code_refused');
	});
});

describe('the approval link', () => {
	test.each([
		['approval_needed', undefined, true],
		['cancelled_at_microsoft', undefined, true],
		['cancelled_at_microsoft', 'AADSTS65004', true],
		['mail_rights_missing', undefined, true],
		['refused_by_microsoft', 'AADSTS90094', true],
		['refused_by_microsoft', 'AADSTS53003', false],
		['refused_by_microsoft', undefined, false],
		['authorization_code_refused', 'AADSTS54005', false],
		['microsoft_unreachable', 'AADSTS90033', false],
		['sign_in_expired', undefined, false],
	] as const)('%s %s: %s', (code, number, helps) => {
		const reference = number === undefined ? {} : { code: number };
		expect(approvalMayHelp({ code, reference })).toBe(helps);
	});
});

describe('the reference', () => {
	test('holds number, correlation id and time, and nothing else of the text', () => {
		expect(referenceOfRefusal('access_denied', entra(65004, 'User declined.'))).toEqual({
			code: 'AADSTS65004',
			correlation_id: '0197a1b2-0000-7000-8000-0000000000aa',
			time: '2026-11-23 09:15:02Z',
		});
	});

	test.each([
		['no number: the error code', 'access_denied', 'declined', { code: 'access_denied' }],
		['no text at all', 'server_error', '', { code: 'server_error' }],
		['nothing', '', '', {}],
		['an error that is no error code', '<script>alert(1)</script>', '', {}],
		['an error with a line break', 'access_denied\r\nSet-Cookie: a=b', '', {}],
		['an error that is too long', 'a'.repeat(61), '', {}],
		['a number that is too short', '', 'AADSTS123', {}],
		['a correlation id that is none', '', 'Correlation ID: <b>', {}],
		['a time that is none', '', 'Timestamp: yesterday', {}],
		['a time with T', '', 'Timestamp: 2026-11-23T09:15:02Z.', { time: '2026-11-23T09:15:02Z' }],
		[
			'markup around the values',
			'',
			'<b>AADSTS65004</b> Correlation ID: 0197a1b2-0000-7000-8000-0000000000aa<script>',
			{ code: 'AADSTS65004', correlation_id: '0197a1b2-0000-7000-8000-0000000000aa' },
		],
		[
			'what stands far behind is not looked for',
			'',
			`${' '.repeat(2000)}AADSTS65004 Correlation ID: 0197a1b2-0000-7000-8000-0000000000aa`,
			{},
		],
	])('%s', (_name, error, description, reference) => {
		expect(referenceOfRefusal(error, description)).toEqual(reference);
	});
});

test.each([
	'a',
	'AADSTS',
	'AADSTS1',
	'Correlation ID: ',
	'Correlation ID:        ',
	'Timestamp: 2026-',
	' ',
	'0197a1b2-',
	'\0',
])('a megabyte of %j gives a reference that can be shown', (piece) => {
	const text = piece.repeat(1_000_000 / piece.length);
	expect(problemOfRefusal(text, text)).toBe('refused_by_microsoft');
	expect(JSON.stringify(referenceOfRefusal(text, text)).length).toBeLessThan(200);
});
