// What a browser may do, and how often.

import type { MailDomain } from '../../domain/mailbox-address.ts';
import type { SignInId } from '../../domain/sign-in.ts';
import type { ClientAddress } from '../client-address.ts';
import type { SignInSelector } from '../sign-ins/sign-in-store.ts';
import { beginSignIn } from '../sign-ins/begin-sign-in.ts';
import { confirmSignIn } from '../sign-ins/confirm-sign-in.ts';
import { limitRequests } from '../limits/limit-requests.ts';
import { adviseOnMailDomain } from '../sites/look-up-mail-domain.ts';
import { makeApprovalLink } from '../approvals/make-approval-link.ts';
import { checkOwnMailbox, listOwnMailboxes, revokeOwnMailbox } from '../owners/own-mailboxes.ts';
import { redeemCode } from '../sign-ins/redeem-code.ts';
import { refuseSignIn } from '../sign-ins/refuse-sign-in.ts';
import { requestTestMessage } from '../mailbox-checks/request-test-message.ts';
import { returnFromApproval } from '../approvals/return-from-approval.ts';
import { revokeOwnToken } from '../tokens/revoke-token.ts';
import { checkAgain, runChecks } from '../mailbox-checks/run-checks.ts';
import { findSiteFace, findSiteLogo } from '../sites/site-face.ts';
import { signInStatus } from '../sign-ins/sign-in-status.ts';
import { beginVisit, redeemVisit } from '../owners/visit.ts';
import { auditRefusals, auditServices, createRefusalFilter } from './audited-services.ts';
import type { AppOptions } from './create-services.ts';
import { guardLookUps } from './guarded-services.ts';
import type { Services } from './services.ts';
import type { Session } from '../owners/sessions.ts';
import type { TrackedWork } from './track-work.ts';
import { mapDatabaseErrors } from './map-database-errors.ts';

export type VisitorFlows = ReturnType<ReturnType<typeof visitorFlows>['forVisitor']>;

export function visitorFlows(services: Services, work: TrackedWork, { settings }: AppOptions) {
	const isWorthNoting = createRefusalFilter(services);
	return {
		forVisitor(clientAddress: ClientAddress) {
			const who = { actor: 'visitor', clientAddress } as const;
			const audited = {
				...guardLookUps(auditServices(services, who), clientAddress),
				limits: limitRequests(services, clientAddress),
			};
			const refusing = <Result>(flow: () => Promise<Result>) =>
				auditRefusals(
					services.auditTrail.by(who),
					() => mapDatabaseErrors(flow),
					(code) => isWorthNoting(code, clientAddress),
				);
			return {
				...startingFlows(audited, refusing, work),
				...ownerFlows(audited, refusing),
				...signInFlows(audited, refusing, work, settings.keepAlive.neverUsedDays),
			};
		},
	};
}

type Visiting = Services & {
	limits: ReturnType<typeof limitRequests>;
};

type Refusing = <Result>(flow: () => Promise<Result>) => Promise<Result>;

/** Before anybody signs in. */
function startingFlows(services: Visiting, refusing: Refusing, { track }: TrackedWork) {
	return {
		beginSignIn: (session: Session | undefined, input: { site: unknown; email: unknown }) =>
			refusing(() => beginSignIn({ ...services, track }, session, input)),
		makeApprovalLink: (input: { site: unknown; email: unknown }) =>
			refusing(() => makeApprovalLink(services, input)),
		findSiteFace: (site: string) => refusing(() => findSiteFace(services, site)),
		findSiteLogo: (digest: string) => refusing(() => findSiteLogo(services, digest)),
		returnFromApproval: (query: URLSearchParams) =>
			refusing(() => returnFromApproval(services, query)),
		/** Asks Microsoft where nobody knows yet, so that is counted. */
		homeOfMailDomain: (domain: MailDomain) =>
			refusing(async () => {
				await services.limits.byAddress('look_up');
				return adviseOnMailDomain(services, domain);
			}),
	};
}

/** What somebody connected, for that person alone. */
function ownerFlows(services: Visiting, refusing: Refusing) {
	return {
		beginVisit: (session: Session | undefined) => refusing(() => beginVisit(services, session)),
		redeemVisit: (
			session: Session | undefined,
			id: string,
			input: { code: unknown; codeVerifier: unknown },
		) => refusing(() => redeemVisit(services, session, id, input)),
		listOwnMailboxes: (session: Session | undefined) =>
			refusing(() => listOwnMailboxes(services, session)),
		checkOwnMailbox: (session: Session | undefined, number: number) =>
			refusing(() => checkOwnMailbox(services, session, number)),
		revokeOwnMailbox: (session: Session | undefined, number: number) =>
			refusing(() => revokeOwnMailbox(services, session, number)),
	};
}

/** With one's own sign-in. What takes longer goes on after the answer. */
function signInFlows(
	services: Visiting,
	refusing: Refusing,
	{ track }: TrackedWork,
	neverUsedDays: number,
) {
	const storing = {
		...services,
		becameReady: (signIn: SignInId, at: Date) => void track(runChecks(services, signIn, at)),
	};
	const begin = (flow: () => Promise<{ work: Promise<void> }>) =>
		refusing(async () => {
			const { work } = await flow();
			void track(work);
		});
	return {
		redeemCode: (
			session: Session | undefined,
			selector: SignInSelector,
			input: { code: unknown; codeVerifier: unknown },
		) => refusing(() => track(redeemCode(storing, session, selector, input))),
		confirmSignIn: (session: Session | undefined, selector: SignInSelector) =>
			begin(() => confirmSignIn(storing, session, selector)),
		checkAgain: (session: Session | undefined, selector: SignInSelector) =>
			begin(() => checkAgain(services, session, selector)),
		requestTestMessage: (session: Session | undefined, selector: SignInSelector) =>
			begin(() => requestTestMessage(services, session, selector)),
		refuseSignIn: (
			session: Session | undefined,
			selector: SignInSelector,
			answer: { error: unknown; description: unknown },
		) => refusing(() => refuseSignIn(services, session, selector, answer)),
		signInStatus: (session: Session | undefined, selector: SignInSelector) =>
			refusing(async () => {
				services.limits.byPolls();
				return signInStatus({ ...services, neverUsedDays }, session, selector);
			}),
		revokeOwnToken: (session: Session | undefined, selector: SignInSelector) =>
			refusing(() => revokeOwnToken(services, session, selector)),
	};
}
