// A visit: somebody signs in at Microsoft to see the mailboxes that they connected. Nothing is asked for but who they
// are; what Microsoft sends besides the ID token is thrown away.

import { Problem } from '../../domain/problem.ts';
import { makeSignInId, parseSignInId, type StartedVisit } from '../../domain/sign-in.ts';
import type { MicrosoftAccount } from '../microsoft/id-token.ts';
import { MicrosoftError } from '../microsoft/microsoft-error.ts';
import type { Session, SessionCookie } from './sessions.ts';
import { bindBrowser, sessionOfAccount } from './bind-browser.ts';
import { SIGN_IN_LIFETIME_MS } from '../durations.ts';
import type { RequestLimits } from '../limits/limit-requests.ts';
import { parseCodeRequest, refused, type RedeemCodeResult } from '../sign-ins/code-request.ts';
import type { Services } from '../app/services.ts';

export type VisitContext = Pick<
	Services,
	| 'now'
	| 'log'
	| 'randomBytes'
	| 'sessions'
	| 'visits'
	| 'visitors'
	| 'completions'
	| 'identityEndpoint'
	| 'verifyIdToken'
> & { limits: Pick<RequestLimits, 'byAddress'> };

/** Throws `Problem` `too_many_requests`. */
export async function beginVisit(
	context: VisitContext,
	session: Session | undefined,
): Promise<StartedVisit & { cookie: SessionCookie | undefined }> {
	await context.limits.byAddress('start');
	const bound = await bindBrowser(context, session);
	const visit = {
		id: makeSignInId(context.randomBytes),
		nonce: context.randomBytes(16).toString('base64url'),
	};
	const createdAt = context.now();
	await context.visits.add({ ...visit, sessionId: bound.session.id, createdAt });
	return { visit: visit.id, nonce: visit.nonce, cookie: bound.cookie };
}

/** Throws `Problem`: `unknown_sign_in`, `too_many_requests`. */
export async function redeemVisit(
	context: VisitContext,
	session: Session | undefined,
	id: string,
	input: { code: unknown; codeVerifier: unknown },
): Promise<RedeemCodeResult> {
	await context.limits.byAddress('code');
	const visitId = parseSignInId(id);
	const request = parseCodeRequest(input);
	if (visitId === undefined || session?.access !== 'full') throw new Problem('unknown_sign_in');
	if (request === undefined) {
		return refused('invalid_request', 'The code or the code verifier is missing or malformed.');
	}
	const now = context.now();
	const begunAfter = new Date(now.getTime() - SIGN_IN_LIFETIME_MS);
	const nonce = await context.visits.claim(visitId, { sessionId: session.id, now, begunAfter });
	if (nonce === undefined) throw new Problem('unknown_sign_in');
	try {
		const { idToken } = await context.identityEndpoint.redeemCode({ ...request, protocols: [] });
		if (idToken === undefined) return refused('invalid_grant', 'Microsoft said not who it was.');
		const account = await context.verifyIdToken(idToken, { nonce });
		return { kind: 'redeemed', idToken, cookie: await becomeKnown(context, session, account) };
	} catch (error) {
		if (!(error instanceof MicrosoftError)) throw error;
		context.log.warn({ err: error, reference: error.reference }, 'Microsoft ended no visit well');
		return refused('invalid_grant', 'Microsoft did not take the sign-in.');
	}
}

/** The session is issued again when the person becomes known, as at a sign-in. */
async function becomeKnown(
	context: VisitContext,
	session: Session,
	account: MicrosoftAccount,
): Promise<SessionCookie | undefined> {
	const known = await sessionOfAccount(context, session, account);
	if (known.session === session) return undefined;
	const move = { fromSessionId: session.id, toSessionId: known.session.id, account };
	await context.completions.replaceSession({ ...move, now: context.now() });
	await context.completions.moveStragglers(move);
	return known.cookie;
}
