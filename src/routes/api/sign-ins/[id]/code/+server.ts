import { answering, hasContentType, setSessionCookie } from '../../../answer';
import { parseSelector } from '../selector';
import type { RequestHandler } from './$types';

/**
 * msal-browser's token request, sent here in place of Microsoft. Only the code and its verifier are read:
 * client, redirect URI and scopes are the server's own. The answer holds the ID token and nothing that
 * reads mail.
 */
export const POST: RequestHandler = (event) =>
	answering(event, async () => {
		if (!hasContentType(event.request, 'application/x-www-form-urlencoded')) {
			return oauthError('invalid_request', 'The body must be form-encoded.');
		}
		const form = new URLSearchParams(await event.request.text());
		const { visitor, session } = event.locals;
		const result = await visitor.redeemCode(await session(), parseSelector(event.params.id), {
			code: onlyValue(form, 'code'),
			codeVerifier: onlyValue(form, 'code_verifier'),
		});
		if (result.kind === 'refused') return oauthError(result.error, result.description);
		setSessionCookie(event.cookies, result.cookie);
		return Response.json({
			token_type: 'Bearer',
			id_token: result.idToken,
			expires_in: 0,
			scope: '',
		});
	});

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
