// Redeems the authorization code that the browser brought back: once, for the browser that began the
// sign-in, and only for an account that may connect this mailbox to this site.

import { missingRights } from '../../domain/cloud.ts';
import { mailDomainOf } from '../../domain/mailbox-address.ts';
import { Problem } from '../../domain/problem.ts';
import { returnUrlOf, type SignIn, type SignInFailure, type SignInSelector } from './sign-in.ts';
import type { MicrosoftAccount } from '../microsoft/id-token.ts';
import { MicrosoftError } from '../microsoft/microsoft-error.ts';
import { sessionOfAccount } from '../owners/bind-browser.ts';
import type { Session } from '../owners/sessions.ts';
import { parseCodeRequest, refused, type RedeemCodeResult } from './code-request.ts';
import { refuseAccount, type AccountRefusal, type AllowAccountContext } from './allow-account.ts';
import { EXCHANGE_LIMIT_MS, SIGN_IN_LIFETIME_MS } from '../durations.ts';
import type { RequestLimits } from '../limits/limit-requests.ts';
import { holdTokens, type HoldContext } from './hold-tokens.ts';
import { problemOfMicrosoftError } from './problem-of-microsoft-error.ts';
import { retryWhileDatabaseDown } from '../retry-while-database-down.ts';
import { storeToken, type GrantedTokenSet, type StoreTokenContext } from './store-token.ts';
import type { Services } from '../app/services.ts';

export type RedeemCodeContext = StoreTokenContext &
	HoldContext &
	AllowAccountContext &
	Pick<
		Services,
		| 'log'
		| 'sleep'
		| 'heldAnswers'
		| 'unknownRefusals'
		| 'tokenEndpoint'
		| 'circuitBreaker'
		| 'verifyIdToken'
		| 'sessions'
		| 'visitors'
		| 'signIns'
		| 'connectLinks'
		| 'renewals'
	> & { limits: Pick<RequestLimits, 'byAddress'> };

/** Throws `Problem`: `unknown_sign_in`, `too_many_requests`. */
export async function redeemCode(
	context: RedeemCodeContext,
	session: Session | undefined,
	selector: SignInSelector,
	input: { code: unknown; codeVerifier: unknown },
): Promise<RedeemCodeResult> {
	await context.limits.byAddress('code');
	const signIn = await begunSignIn(context, session, selector);
	const request = parseCodeRequest(input);
	if (request === undefined) {
		return refused('invalid_request', 'The code or the code verifier is missing or malformed.');
	}
	const now = context.now();
	const claimed = await context.signIns.claim(signIn.id, {
		sessionId: signIn.session.id,
		now,
		startedAfter: new Date(now.getTime() - SIGN_IN_LIFETIME_MS),
	});
	if (!claimed) return refused('invalid_grant', 'This sign-in was redeemed already, or has ended.');
	return exchange(context, signIn, request);
}

type OwnSignIn = SignIn & { session: Session };

/** A session that was replaced redeems nothing; but the second post of a code is told as that. */
async function begunSignIn(
	{ signIns }: RedeemCodeContext,
	session: Session | undefined,
	selector: SignInSelector,
): Promise<OwnSignIn> {
	const signIn = session && (await signIns.find(selector, session.id));
	const mayRedeem = session?.access === 'full' || signIn?.state !== 'started';
	if (session === undefined || signIn === undefined || !mayRedeem) {
		throw new Problem('unknown_sign_in');
	}
	return { ...signIn, session };
}

/** From here on the code may be spent, so every way out ends the sign-in. */
async function exchange(
	context: RedeemCodeContext,
	signIn: OwnSignIn,
	request: { code: string; codeVerifier: string },
): Promise<RedeemCodeResult> {
	try {
		// Before the request: an answer can lie unread for long, and its lifetime runs meanwhile.
		const receivedAt = context.now();
		const tokens = await context.tokenEndpoint.redeemCode({
			...request,
			protocols: signIn.protocols,
		});
		// Any success shows that Microsoft accepts the helper, so that refreshes go on at once.
		context.circuitBreaker.accepted();
		const { idToken, refreshToken } = tokens;
		if (idToken === undefined) {
			return await fail(context, signIn, { code: 'microsoft_answer_invalid' });
		}
		const account = await context.verifyIdToken(idToken, { nonce: signIn.nonce });
		const refusal = await retryWhileDatabaseDown(context, () =>
			refusalOf(context, signIn, account),
		);
		if (refusal !== undefined) return await fail(context, signIn, { code: refusal, account });
		const missing = missingRights(signIn.protocols, tokens.scopes);
		if (refreshToken === undefined || missing.length === signIn.protocols.length) {
			return await fail(context, signIn, { code: 'mail_rights_missing', account });
		}
		const granted = { ...tokens, refreshToken, idToken, receivedAt };
		return await keep(context, signIn, account, granted);
	} catch (error) {
		await noteRefusal(context, signIn, error);
		return fail(context, signIn, failureOf(context, signIn, error));
	}
}

type LinkRefusal = 'link_ended' | 'account_differs';

/** Why this account may not connect this mailbox to this site, though Microsoft signed it in. */
async function refusalOf(
	context: RedeemCodeContext,
	signIn: SignIn,
	account: MicrosoftAccount,
): Promise<LinkRefusal | AccountRefusal | undefined> {
	return (
		(await refusalByLink(context, signIn, account)) ??
		(await refuseAccount(context, signIn, account.tenantId))
	);
}

/** A link may have ended while somebody was at Microsoft; and one that renews is for the account behind its token alone. */
async function refusalByLink(
	{ connectLinks, renewals }: RedeemCodeContext,
	{ link }: SignIn,
	account: MicrosoftAccount,
): Promise<LinkRefusal | undefined> {
	if (link === undefined) return undefined;
	if (link.kind === 'connect') {
		const now = await connectLinks.findById(link.id);
		return now === undefined || now.ended !== undefined ? 'link_ended' : undefined;
	}
	const token = await renewals.find(link.number);
	if (token === undefined) return 'link_ended';
	const isSame = token.tenantId === account.tenantId && token.objectId === account.objectId;
	return isSame ? undefined : 'account_differs';
}

/** Behind the identifier, or held on the sign-in's own row; either way the person is known now. */
async function keep(
	context: RedeemCodeContext,
	signIn: OwnSignIn,
	account: MicrosoftAccount,
	granted: GrantedTokenSet & { idToken: string },
): Promise<RedeemCodeResult> {
	const { session, cookie } = await retryWhileDatabaseDown(context, () =>
		sessionOfAccount(context, signIn.session, account),
	);
	const to = placeOf(signIn, account);
	const kept = await retryWhileDatabaseDown(context, () => {
		const now = context.now();
		const since = new Date(now.getTime() - EXCHANGE_LIMIT_MS);
		const move = { from: { state: 'exchanging', since }, toSessionId: session.id, now } as const;
		return to === 'ready'
			? storeToken(context, signIn, account, granted, move)
			: holdTokens(context, signIn, account, granted, { ...move, to });
	});
	if (!kept) return refused('invalid_grant', 'This sign-in has ended.');
	context.log.info({ signIn: signIn.id, site: signIn.siteId }, KEPT[to]);
	return { kind: 'redeemed', idToken: granted.idToken, cookie };
}

/** Who is not the mailbox itself has to show that they may use it. */
function placeOf(signIn: SignIn, account: MicrosoftAccount) {
	if (!account.addresses.includes(signIn.mailbox)) return 'confirm';
	return returnUrlOf(signIn) === undefined ? 'ready' : 'returning';
}

const KEPT = {
	ready: 'token stored',
	confirm: 'someone else signed in: to be confirmed',
	returning: 'to be completed by the site of its link',
};

async function fail(
	context: RedeemCodeContext,
	signIn: SignIn,
	failure: SignInFailure,
): Promise<RedeemCodeResult> {
	await retryWhileDatabaseDown(context, () =>
		context.signIns.fail(signIn.id, 'exchanging', failure),
	);
	context.log.info(
		{ signIn: signIn.id, site: signIn.siteId, problem: failure.code },
		'sign-in failed',
	);
	return refused('invalid_grant', 'The sign-in failed; its status says why.');
}

/** Nobody has signed in yet: whose mailbox it is is known where Microsoft was asked for the owner of its domain. */
async function noteRefusal(
	{ mailDomains, unknownRefusals, now }: RedeemCodeContext,
	{ mailbox }: SignIn,
	error: unknown,
): Promise<void> {
	if (!(error instanceof MicrosoftError)) return;
	// For an alarm alone: a database that is down must not hide what Microsoft answered.
	const tenantId = await mailDomains.findTenant(mailDomainOf(mailbox)).catch(() => undefined);
	if (tenantId !== undefined) unknownRefusals.note(now(), tenantId, error);
}

function failureOf({ log }: RedeemCodeContext, signIn: SignIn, error: unknown): SignInFailure {
	if (!(error instanceof MicrosoftError)) {
		log.error({ signIn: signIn.id, err: error }, 'the exchange of a code broke off');
		return { code: 'sign_in_interrupted' };
	}
	const code = problemOfMicrosoftError(error);
	const level = code === 'helper_not_accepted_by_microsoft' ? 'error' : 'warn';
	log[level](
		{ signIn: signIn.id, err: error, reference: error.reference },
		'Microsoft gave no tokens',
	);
	return { code, reference: error.reference };
}
