// Whether an administrator's approval is worth trying after a refusal: what both sides of a problem's card ask.

import { aadstsNumber } from './aadsts-number.ts';
import type { ProblemReference, SignInProblemCode } from './problem.ts';

/** Numbers that say: an administrator has to approve, or has to grant what the visitor may not. */
export const APPROVAL_NUMBERS = new Set(['65001', '90094', '90095', '90008']);

/** The application is gone from the organisation, and comes back with an approval. */
const REMOVED_NUMBERS = new Set(['7000229', '650051']);

/** Whether the approval link may help. A number decides that and the words, and nothing else. */
export function approvalMayHelp(problem: {
	code: SignInProblemCode;
	reference?: ProblemReference;
}): boolean {
	if (['approval_needed', 'cancelled_at_microsoft', 'mail_rights_missing'].includes(problem.code))
		return true;
	const number = aadstsNumber(problem.reference?.code ?? '') ?? '';
	return APPROVAL_NUMBERS.has(number) || REMOVED_NUMBERS.has(number);
}
