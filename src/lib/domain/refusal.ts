// Which problem a refusal of Microsoft's is. The OAuth error code decides; an AADSTS number in the
// text only refines the words, since Microsoft changes numbers and texts without notice
// (learn.microsoft.com, "reference-error-codes").

import type { ProblemReference, SignInProblemCode } from './problem.ts';

/** Numbers that say: an administrator has to approve, or has to grant what the visitor may not. */
const APPROVAL_NUMBERS = new Set(['65001', '90094', '90095', '90008']);

/** The visitor declined or turned back: the plain answer to "Cancel". */
const DECLINED_NUMBERS = new Set(['65004']);

/** Longer texts are cut: the reference is for support, and the text comes through the browser. */
const MAX_TEXT = 2000;

/** Whether the approval link may help. A number decides that and the words, and nothing else. */
export function approvalMayHelp(problem: {
	code: SignInProblemCode;
	reference?: ProblemReference;
}): boolean {
	if (['approval_needed', 'cancelled_at_microsoft', 'mail_rights_missing'].includes(problem.code))
		return true;
	return APPROVAL_NUMBERS.has(aadstsNumber(problem.reference?.code ?? '') ?? '');
}

export function problemOfRefusal(error: string, description: string): SignInProblemCode {
	const number = aadstsNumber(description);
	if (number !== undefined && APPROVAL_NUMBERS.has(number)) return 'approval_needed';
	if (number !== undefined && DECLINED_NUMBERS.has(number)) return 'cancelled_at_microsoft';
	if (error === 'consent_required') return 'approval_needed';
	// With a number it is a rule of the organisation that denied access, and no person.
	if (error === 'access_denied' && number === undefined) return 'cancelled_at_microsoft';
	if (error === 'temporarily_unavailable' || error === 'server_error')
		return 'microsoft_unreachable';
	if (error === 'invalid_client' || error === 'unauthorized_client') {
		return 'helper_not_accepted_by_microsoft';
	}
	return 'refused_by_microsoft';
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
	const text = description.slice(0, MAX_TEXT);
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

/** The number in a text of Microsoft's, as text. */
export function aadstsNumber(text: string): string | undefined {
	return /AADSTS([0-9]{4,8})/.exec(text.slice(0, MAX_TEXT))?.[1];
}

/** RFC 6749, 4.1.2.1: error codes are short and made of plain characters; anything else is not one. */
function errorCode(error: string): string | undefined {
	return /^[a-z0-9_.-]{1,60}$/i.test(error) ? error : undefined;
}
