// How an authorization request ends: in the fragment of the redirect URI, with a code or with a refusal, or on a page of
// the practice Microsoft's own where a redirect would be wrong.

import { entraErrorBody, type EntraFault } from './entra-refusal.ts';
import { pageHeaders } from './page-frame.ts';
import { applicationName, type Answer, type PracticeContext } from './context.ts';
import { renderFaultPage } from './sign-in-page.ts';

// What goes back to the client whatever the outcome.
export type Echo = { state: string | undefined; clientRequestId: string | undefined };

export function redirectWithCode(
	parameters: Record<string, string>,
	{ client }: PracticeContext,
): Answer {
	return redirect(client.redirectUri, parameters, 'issued');
}

export function redirectWithFault(
	fault: EntraFault,
	{ state, clientRequestId }: Echo,
	{ authority, client, now }: PracticeContext,
): Answer {
	const body = entraErrorBody(fault, { authority, clientRequestId, now: now() });
	const parameters = {
		error: body.error,
		...(body.suberror !== undefined && { error_subcode: body.suberror }),
		error_description: body.error_description,
		error_uri: body.error_uri,
		...(state !== undefined && { state }),
	};
	return redirect(client.redirectUri, parameters, `AADSTS${fault.aadsts}`);
}

export function faultPage(
	fault: EntraFault,
	clientRequestId: string | undefined,
	{ authority, client, now }: PracticeContext,
): Answer {
	const body = renderFaultPage({
		application: applicationName(client),
		applicationUrl: client.redirectUri,
		body: entraErrorBody(fault, { authority, clientRequestId, now: now() }),
	});
	const headers = pageHeaders(client.redirectUri);
	return { status: 400, headers, body, outcome: `AADSTS${fault.aadsts}` };
}

function redirect(
	redirectUri: string,
	parameters: Record<string, string>,
	outcome: string,
): Answer {
	return {
		// 303, because the decision was posted and the redirect URI must be fetched by GET.
		status: 303,
		headers: {
			location: `${redirectUri}#${new URLSearchParams(parameters)}`,
			'cache-control': 'no-store',
			'referrer-policy': 'no-referrer',
		},
		body: '',
		outcome,
	};
}
