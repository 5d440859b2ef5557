// One stored token behind a running helper, by the requests that the page makes.

import { returnOf } from '../../src/practice/microsoft/sign-in-at-microsoft.ts';
import { SITE, type RunningHelper } from '../support/running-helper.ts';

const SCOPES = [
	...['openid', 'profile', 'email', 'offline_access'],
	...['IMAP.AccessAsUser.All', 'POP.AccessAsUser.All', 'SMTP.Send'].map(
		(right) => `https://outlook.office.com/${right}`,
	),
];

/** The identifier. */
export async function storeTokenFor(helper: RunningHelper, email: string): Promise<string> {
	const { origin, microsoft, clientId, pageUrl } = helper;
	const begun = await fetch(`${origin}/api/sign-ins`, {
		method: 'POST',
		headers: { origin, 'content-type': 'application/json' },
		body: JSON.stringify({ site: SITE, email }),
	});
	const signIn = (await begun.json()) as { sign_in: string; nonce: string };
	const { code, codeVerifier } = await returnOf({
		authorizationEndpoint: `${microsoft.authority}/organizations/oauth2/v2.0/authorize`,
		clientId,
		redirectUri: pageUrl,
		scopes: SCOPES,
		...signIn,
		email,
		choice: email,
	});
	const redeemed = await fetch(`${origin}/api/sign-ins/${signIn.sign_in}/code`, {
		method: 'POST',
		headers: { origin, cookie: cookieOf(begun) },
		body: new URLSearchParams({ code, code_verifier: codeVerifier }),
	});
	const status = await fetch(`${origin}/api/sign-ins/${signIn.sign_in}`, {
		headers: { cookie: cookieOf(redeemed) },
	});
	return ((await status.json()) as { identifier: string }).identifier;
}

function cookieOf(response: Response): string {
	return response.headers
		.getSetCookie()
		.map((cookie) => cookie.split(';', 1)[0])
		.join('; ');
}
