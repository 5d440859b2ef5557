// msal-browser's token request, sent here in place of Microsoft. Only the code and its verifier are read: client,
// redirect URI and scopes are the server's own. The answer holds the ID token and nothing that reads mail.

import type { Cookies } from '@sveltejs/kit';
import type { SignInStatus } from '$lib/domain/sign-in';
import type { VisitorOperations } from '$lib/server/app/for-visitors';
import { hasContentType, readText, setSessionCookie } from './answer';

type Redeemed = Awaited<ReturnType<VisitorOperations['redeemCode']>>;

type Redeem = (input: { code: unknown; codeVerifier: unknown }) => Promise<Redeemed>;

/** What the page would ask next; undefined where it cannot be told now. */
type StatusAfter = (result: Redeemed & { kind: 'redeemed' }) => Promise<SignInStatus | undefined>;

export async function answerCode(
	{ request, cookies }: { request: Request; cookies: Cookies },
	redeem: Redeem,
	statusAfter?: StatusAfter,
): Promise<Response> {
	if (!hasContentType(request, 'application/x-www-form-urlencoded')) {
		return oauthError('invalid_request', 'The body must be form-encoded.');
	}
	const form = new URLSearchParams(await readText(request));
	const result = await redeem({
		code: onlyValue(form, 'code'),
		codeVerifier: onlyValue(form, 'code_verifier'),
	});
	if (result.kind === 'refused') return oauthError(result.error, result.description);
	setSessionCookie(cookies, result.cookie);
	const status = await statusAfter?.(result);
	return Response.json({
		token_type: 'Bearer',
		id_token: result.idToken,
		expires_in: 0,
		scope: '',
		...(status && { sign_in_status: status }),
	});
}

/** RFC 6749, 3.2: a parameter must not be there twice. */
function onlyValue(form: URLSearchParams, name: string): string | undefined {
	const values = form.getAll(name);
	return values.length === 1 ? values[0] : undefined;
}

function oauthError(error: string, description: string): Response {
	return Response.json(
		{ error, error_description: description, message: description },
		{ status: 400 },
	);
}
