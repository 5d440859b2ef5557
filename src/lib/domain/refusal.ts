// Which problem a refusal of Microsoft's is. The AADSTS number decides, as the same OAuth error stands beside our own secret
// and beside one organisation's rules; the error decides where no number that is listed says more.

import { aadstsNumber, MAX_REFUSAL_TEXT } from './aadsts-number.ts';
import { meaningOfAadsts, type AadstsMeaning } from './aadsts.ts';
import { APPROVAL_NUMBERS } from './approval-may-help.ts';
import type { ProblemReference, SignInProblemCode } from './problem.ts';

/** The visitor declined or turned back: the plain answer to "Cancel". */
const DECLINED_NUMBERS = new Set(['65004']);

const PROBLEM_OF_MEANING: Readonly<Record<AadstsMeaning, SignInProblemCode>> = {
	own_credential: 'helper_not_accepted_by_microsoft',
	registration: 'helper_not_accepted_by_microsoft',
	organisation: 'refused_by_microsoft',
	throttled: 'microsoft_unreachable',
	transient: 'microsoft_unreachable',
	sign_in: 'refused_by_microsoft',
};

export function problemOfRefusal(error: string, description: string): SignInProblemCode {
	const number = aadstsNumber(description);
	if (number === undefined) return problemOfError(error);
	if (APPROVAL_NUMBERS.has(number)) return 'approval_needed';
	if (DECLINED_NUMBERS.has(number)) return 'cancelled_at_microsoft';
	const meaning = meaningOfAadsts(Number(number));
	if (meaning !== undefined) return PROBLEM_OF_MEANING[meaning];
	// With a number it is a rule of the organisation that denied access, or refused the client, and no person.
	const isAmbiguous = ['access_denied', 'invalid_client', 'unauthorized_client'].includes(error);
	return isAmbiguous ? 'refused_by_microsoft' : problemOfError(error);
}

function problemOfError(error: string): SignInProblemCode {
	switch (error) {
		case 'consent_required':
			return 'approval_needed';
		case 'access_denied':
			return 'cancelled_at_microsoft';
		case 'temporarily_unavailable':
		case 'server_error':
			return 'microsoft_unreachable';
		case 'invalid_client':
		case 'unauthorized_client':
			return 'helper_not_accepted_by_microsoft';
		default:
			return 'refused_by_microsoft';
	}
}

/** Microsoft did not take a code: for want of a permission, or because the code itself is not good. */
export function problemOfRefusedCode(description: string): SignInProblemCode {
	const number = aadstsNumber(description);
	return number !== undefined && APPROVAL_NUMBERS.has(number)
		? 'approval_needed'
		: 'authorization_code_refused';
}

/** Microsoft's number, correlation id and time out of its text, for support. */
export function referenceOfRefusal(error: string, description: string): ProblemReference {
	const text = description.slice(0, MAX_REFUSAL_TEXT);
	const number = aadstsNumber(text);
	const correlationId = /Correlation ID:\s*([0-9a-f-]{36})/i.exec(text)?.[1];
	const time = /Timestamp:\s*([0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9:]{8}Z?)/i.exec(text)?.[1];
	const code = number === undefined ? errorCode(error) : `AADSTS${number}`;
	return {
		...(code !== undefined && { code }),
		...(correlationId !== undefined && { correlation_id: correlationId }),
		...(time !== undefined && { time }),
	};
}

/** RFC 6749, 4.1.2.1: error codes are short and made of plain characters; anything else is not one. */
function errorCode(error: string): string | undefined {
	return /^[a-z0-9_.-]{1,60}$/i.test(error) ? error : undefined;
}
