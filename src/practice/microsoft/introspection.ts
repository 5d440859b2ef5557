// Whether an access token is good, and whose it is (RFC 7662): for mail servers. Entra has no such endpoint, as Exchange
// knows by itself; the practice mail servers ask in process, and a real mail server in the tests by HTTP.

import { jsonAnswer, type Answer, type PracticeContext, type PracticeRequest } from './context.ts';
import { isRevoked } from './revocation.ts';
import { openGrant } from './sealed-grant.ts';

export type Introspection =
	| { active: false }
	| { active: true; username: string; scopes: readonly string[]; expiresAt: Date };

export async function introspect(
	accessToken: string,
	context: PracticeContext,
): Promise<Introspection> {
	const { sealingKey } = context.keys;
	const opened = await openGrant('access_token', accessToken, { sealingKey, now: context.now() });
	if (opened.kind !== 'open') return { active: false };
	const { username, scopes, expiresAt } = opened.grant;
	if (isRevoked(opened.grant, context)) return { active: false };
	return { active: true, username, scopes, expiresAt };
}

// POST /{tenant}/oauth2/v2.0/introspect
export async function answerIntrospection(
	{ form }: PracticeRequest,
	context: PracticeContext,
): Promise<Answer> {
	const token = await introspect(form.get('token') ?? '', context);
	const body = token.active
		? {
				active: true,
				username: token.username,
				scope: token.scopes.join(' '),
				exp: Math.floor(token.expiresAt.getTime() / 1000),
			}
		: { active: false };
	return jsonAnswer(200, body, token.active ? 'active' : 'inactive');
}
