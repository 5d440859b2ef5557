// The POST of the sign-in page's form: the choice of a Microsoft account, or of none, becomes a code or a refusal.

import { randomUUID } from 'node:crypto';
import { approvalNeededPage } from './approval-needed-page.ts';
import { faultPage, redirectWithCode, redirectWithFault } from './authorize-answers.ts';
import type { OpenPage, OpenPages } from './authorize-endpoint.ts';
import type { EntraFault } from './entra-refusal.ts';
import { clientInfo } from './id-token.ts';
import type { PracticeAccount } from './account.ts';
import type { Answer, PracticeContext, PracticeRequest } from './context.ts';
import { sealGrant } from './sealed-grant.ts';

// Microsoft's codes live about 10 minutes.
const codeLifeMs = 10 * 60 * 1000;

// A page may stay open as long as the sign-in that it belongs to may take.
const pageLifeMs = 60 * 60 * 1000;

const pageIsGone: EntraFault = {
	error: 'invalid_request',
	aadsts: 50089,
	description: 'This sign-in page was used before, or it was open for too long.',
};

// What Entra sends when consent is declined.
const declined: EntraFault = {
	error: 'access_denied',
	aadsts: 65004,
	description: 'User declined to consent to access the app.',
};

// Each page decides once: its id is gone with the first POST.
export async function answerDecision(
	pageId: string,
	{ form }: PracticeRequest,
	context: PracticeContext,
	pages: OpenPages,
): Promise<Answer> {
	const page = pages.get(pageId);
	pages.delete(pageId);
	const age = page ? context.now().getTime() - page.openedAt.getTime() : 0;
	if (!page || age > pageLifeMs) return faultPage(pageIsGone, undefined, context);

	const echo = { state: page.request.state, clientRequestId: page.clientRequestId };
	const choice = form.get('choice') ?? '';
	if (choice === 'cancel') return redirectWithFault(declined, echo, context);

	const account = context.directory.findAccount(choice);
	if (!account || (page.tenantId !== undefined && account.tenantId !== page.tenantId)) {
		return faultPage(notInThisDirectory(choice), page.clientRequestId, context);
	}
	if (account.outcome.kind === 'refused') {
		return redirectWithFault(account.outcome, echo, context);
	}
	if (account.outcome.kind === 'needs_approval' && !context.approvedTenants.has(account.tenantId)) {
		return approvalNeededPage(redirectWithFault(declined, echo, context), account, context);
	}
	return signIn(page, account, context);
}

async function signIn(
	page: OpenPage,
	account: PracticeAccount,
	context: PracticeContext,
): Promise<Answer> {
	const { request } = page;
	const code = await issueCode(page, account, context);
	const parameters = {
		code,
		...(request.wantsClientInfo && { client_info: clientInfo(account) }),
		state: request.state,
		session_state: randomUUID(),
	};
	return redirectWithCode(parameters, context);
}

async function issueCode(
	{ request, tenant, tenantId }: OpenPage,
	{ username }: PracticeAccount,
	{ keys, now: clock, noteSecret }: PracticeContext,
): Promise<string> {
	const now = clock();
	const { redirectUri, codeChallenge, nonce, scopes } = request;
	const code = await sealGrant(
		'code',
		{
			username,
			scopes,
			expiresAt: new Date(now.getTime() + codeLifeMs),
			request: { tenant: tenantId ?? tenant, redirectUri, codeChallenge, nonce },
		},
		{ sealingKey: keys.sealingKey, now },
	);
	noteSecret({ kind: 'authorization_code', value: code });
	return code;
}

function notInThisDirectory(username: string): EntraFault {
	return {
		error: 'invalid_request',
		aadsts: 50020,
		description: `The user account '${username}' does not exist in this organisation and cannot sign in to the application here.`,
	};
}
