// An administrator comes back from Microsoft's approval page: without our cookies, perhaps twice, perhaps
// forged. Only a state of ours counts; the tenant in the query is never looked at, as anybody can write it.

import {
	APPROVAL_LIFETIME_MS,
	isApprovalState,
	type ApprovalAnswer,
} from '../../domain/approval.ts';
import type { Services } from '../app/services.ts';

/** Undefined when the query is none of ours: then nothing of it may be shown. */
export async function returnFromApproval(
	{ now, approvals }: Pick<Services, 'now' | 'approvals'>,
	query: URLSearchParams,
): Promise<ApprovalAnswer | undefined> {
	const state = onlyValue(query, 'state');
	if (!isApprovalState(state)) return undefined;
	const madeAfter = new Date(now().getTime() - APPROVAL_LIFETIME_MS);
	const mailDomain = await approvals.findMailDomain(state, madeAfter);
	if (mailDomain === undefined) return undefined;
	return {
		mailDomain,
		adminConsent: onlyValue(query, 'admin_consent'),
		// One that is there twice is an error all the same.
		error: query.has('error') ? query.getAll('error').join(' ') : undefined,
		description: onlyValue(query, 'error_description'),
	};
}

function onlyValue(query: URLSearchParams, name: string): string {
	const values = query.getAll(name);
	return values.length === 1 ? (values[0] ?? '') : '';
}
