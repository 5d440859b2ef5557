// Every look-up by which a stranger can reach the database without being counted before, behind the one guard. Starts,
// codes and look-ups of sites and mail domains are not here: they are counted by address first (`limits/limit-requests.ts`).

import type { ClientAddress } from '../client-address.ts';
import type { LookUpGuard } from '../limits/look-up-guard.ts';
import { takeOrThrow } from '../limits/token-buckets.ts';
import type { Session, Sessions } from '../owners/sessions.ts';
import type { Services } from './services.ts';

type GuardedServices = Pick<
	Services,
	'signIns' | 'allTokens' | 'approvals' | 'connectLinks' | 'sites' | 'lookUps'
>;

/** The same, for one client address; what is made or listed here is known from then on. */
export function guardLookUps<Given extends GuardedServices>(
	services: Given,
	address: ClientAddress,
): Given {
	const { signIns, allTokens, approvals, connectLinks, sites, lookUps } = services;
	const lookUp = <Found>(key: string, find: () => Promise<Found | undefined>) =>
		lookUps.lookUp(address, key, find);
	/** A session's newest is its own: there is nothing to guess. */
	const guarded =
		(find: typeof signIns.find): typeof signIns.find =>
		(selector, sessionId) =>
			selector === 'current'
				? find(selector, sessionId)
				: lookUp(signInKey(selector), () => find(selector, sessionId));
	return {
		...services,
		signIns: {
			...signIns,
			async add(signIn) {
				lookUps.remember(signInKey(signIn.id));
				return signIns.add(signIn);
			},
			find: guarded(signIns.find),
			findOwned: guarded(signIns.findOwned),
		},
		allTokens: {
			...allTokens,
			async listOfVisitor(visitorId) {
				const tokens = await allTokens.listOfVisitor(visitorId);
				tokens.forEach(({ number }) => lookUps.remember(tokenKey(visitorId, number)));
				return tokens;
			},
			findOfVisitor: (visitorId, number) =>
				lookUp(tokenKey(visitorId, number), () => allTokens.findOfVisitor(visitorId, number)),
		},
		approvals: {
			...approvals,
			async add(approval) {
				lookUps.remember(approvalKey(approval.state));
				return approvals.add(approval);
			},
			findMailDomain: (state, madeAfter) =>
				lookUp(approvalKey(state), () => approvals.findMailDomain(state, madeAfter)),
		},
		connectLinks: {
			...connectLinks,
			findByOpaque: (opaqueSha256) =>
				lookUp(`link ${opaqueSha256.toString('latin1')}`, () =>
					connectLinks.findByOpaque(opaqueSha256),
				),
		},
		sites: {
			...sites,
			findLogo: (digest) => lookUp(`logo ${digest}`, () => sites.findLogo(digest)),
		},
	};
}

/** Site keys are guarded alike, by their hash. */
export function guardResolves(
	{ resolves, lookUps }: Pick<Services, 'resolves' | 'lookUps'>,
	address: ClientAddress,
): Services['resolves'] {
	const keyOf = (keySha256: Buffer) => `site key ${keySha256.toString('latin1')}`;
	return {
		findSite: (keySha256, now) =>
			lookUps.lookUp(address, keyOf(keySha256), () => resolves.findSite(keySha256, now)),
		find: (keySha256, identifier, now) =>
			lookUps.lookUp(address, keyOf(keySha256), () => resolves.find(keySha256, identifier, now)),
	};
}

/** One that was issued just now passes at once: its holder was counted when it was made. */
export function rememberIssued(sessions: Sessions, lookUps: LookUpGuard): Sessions {
	return {
		...sessions,
		async issue(visitorId) {
			const issued = await sessions.issue(visitorId);
			lookUps.remember(sessionKey(issued.session.id));
			return issued;
		},
	};
}

/**
 * Also a session that there is has its own limit, so that a flood with it is its own; of those that are made up none is kept.
 * Throws `too_many_requests`.
 */
export async function findSession(
	services: Pick<Services, 'sessions' | 'lookUps' | 'bySession'>,
	cookieValue: string | undefined,
	address: ClientAddress,
): Promise<Session | undefined> {
	const { sessions, lookUps, bySession } = services;
	const id = sessions.idOf(cookieValue);
	if (id === undefined) return undefined;
	const key = sessionKey(id);
	if (lookUps.isKnown(key)) takeOrThrow(bySession, id);
	return lookUps.lookUp(address, key, () => sessions.find(id));
}

const sessionKey = (id: string) => `session ${id}`;
const signInKey = (id: string) => `sign-in ${id}`;
const tokenKey = (visitorId: string, number: number) => `token ${number} of ${visitorId}`;
const approvalKey = (state: string) => `approval ${state}`;
