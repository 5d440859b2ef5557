// An administrator comes back from Microsoft's approval page: without our cookies, perhaps twice, perhaps
// forged. Only a state of ours counts; the tenant in the query is never looked at, as anybody can write it.

import {
	APPROVAL_LIFETIME_MS,
	isApprovalState,
	type ApprovalReturn,
} from '../../domain/approval.ts';
import { explainApprovalReturn } from '../../problems/approval-words.ts';
import type { Language } from '../../words/languages.ts';
import type { ApprovalStore } from './approval-store.ts';

/** Undefined when the query is none of ours: then nothing of it may be shown. */
export async function returnFromApproval(
	{ now, approvals, language }: { now: () => Date; approvals: ApprovalStore; language: Language },
	query: URLSearchParams,
): Promise<ApprovalReturn | undefined> {
	const state = onlyValue(query, 'state');
	if (!isApprovalState(state)) return undefined;
	const madeAfter = new Date(now().getTime() - APPROVAL_LIFETIME_MS);
	const mailDomain = await approvals.findMailDomain(state, madeAfter);
	if (mailDomain === undefined) return undefined;
	const answer = {
		adminConsent: onlyValue(query, 'admin_consent'),
		// One that is there twice is an error all the same.
		error: query.has('error') ? query.getAll('error').join(' ') : undefined,
		description: onlyValue(query, 'error_description'),
	};
	return explainApprovalReturn(mailDomain, answer, language);
}

function onlyValue(query: URLSearchParams, name: string): string {
	const values = query.getAll(name);
	return values.length === 1 ? (values[0] ?? '') : '';
}
