// GET /{tenant}/oauth2/v2.0/authorize: reads the authorization request and shows the sign-in page, whose form decides
// what comes of it (sign-in-decision.ts).

import { randomBytes } from 'node:crypto';
import { setNewest } from '../../lib/domain/set-newest.ts';
import { faultPage, redirectWithFault } from './authorize-answers.ts';
import { readAuthorizeRequest, type AuthorizeRequest } from './authorize-request.ts';
import { usernameOfHint } from './id-token.ts';
import { pageHeaders } from './page-frame.ts';
import type { PracticeAccount } from './account.ts';
import {
	applicationName,
	type Answer,
	type PracticeContext,
	type PracticeRequest,
} from './context.ts';
import { rightsOf } from './scopes.ts';
import { renderSignInPage, type PageHint } from './sign-in-page.ts';

/** A client that asks for thousands of pages must not fill the memory. */
const MAX_OPEN_PAGES = 1000;

export type OpenPage = {
	request: AuthorizeRequest;
	tenant: string;
	tenantId: string | undefined;
	clientRequestId: string | undefined;
	openedAt: Date;
};

// The requests whose page waits for a decision, by the random id in the form's address. Not kept over a restart: the
// page then says that it is too old, and the visitor starts again.
export type OpenPages = Map<string, OpenPage>;

export function answerAuthorizeRequest(
	{ query, tenant, tenantId }: PracticeRequest,
	context: PracticeContext,
	pages: OpenPages,
): Answer {
	const clientRequestId = query.get('client-request-id') ?? undefined;
	const reading = readAuthorizeRequest(query, context.client);
	if (reading.kind === 'page') return faultPage(reading.fault, clientRequestId, context);
	if (reading.kind === 'redirect') {
		const state = query.get('state') ?? undefined;
		return redirectWithFault(reading.fault, { state, clientRequestId }, context);
	}
	const { request } = reading;
	const page = { request, tenant, tenantId, clientRequestId, openedAt: context.now() };
	const pageId = randomBytes(16).toString('base64url');
	setNewest(pages, pageId, page, MAX_OPEN_PAGES);
	return signInPage(pageId, page, context);
}

function signInPage(
	pageId: string,
	{ request, tenant, tenantId }: OpenPage,
	{ client, directory }: PracticeContext,
): Answer {
	const mayEnter = (account: PracticeAccount | undefined): account is PracticeAccount =>
		account !== undefined && (tenantId === undefined || account.tenantId === tenantId);
	const hint = request.loginHint === undefined ? undefined : usernameOfHint(request.loginHint);
	const found = hint === undefined ? undefined : directory.findAccount(hint);
	const hinted = mayEnter(found) ? found : undefined;
	const others = directory.accounts.filter(({ username }) => username !== hinted?.username);
	const body = renderSignInPage({
		application: applicationName(client),
		applicationHost: new URL(client.redirectUri).host,
		rights: rightsOf(request.scopes),
		hint: pageHint(hint, hinted),
		accounts: [...(hinted ? [hinted] : []), ...others.filter(mayEnter)],
		knownDomains: directory.domains,
		action: `/${tenant}/oauth2/v2.0/authorize/${pageId}`,
	});
	return { status: 200, headers: pageHeaders(client.redirectUri), body, outcome: 'shown' };
}

function pageHint(hint: string | undefined, account: PracticeAccount | undefined): PageHint {
	if (account) return { kind: 'known', username: account.username };
	return hint === undefined ? { kind: 'none' } : { kind: 'unknown', text: hint };
}
