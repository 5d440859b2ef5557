// Where an application sends somebody to sign out. The practice Microsoft remembers nobody, so it only says so, and leads
// back to an address that is registered, as Entra does ("v2-protocols-oidc", post_logout_redirect_uri).

import { html, pageHeaders, renderPage } from './page-frame.ts';
import type { Answer, PracticeContext, PracticeRequest } from './context.ts';

export function signedOutPage({ query }: PracticeRequest, { client }: PracticeContext): Answer {
	const isRegistered = query.get('post_logout_redirect_uri') === client.redirectUri;
	const back = html`<p><a href="${client.redirectUri}">Back to the application</a></p>`;
	const body = renderPage(
		'You signed out of your account',
		html`<h2>You signed out of your account</h2>
			<p>It’s a good idea to close all browser windows.</p>
			${isRegistered ? back : ''}`,
	);
	return { status: 200, headers: pageHeaders(client.redirectUri), body, outcome: 'signed_out' };
}
