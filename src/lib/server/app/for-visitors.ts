// What a browser may do: the table, and the guard before all of it. Look-ups are guarded, what is done is noted, and so is
// what is refused; a database that is down is a problem that passes. How often something may be done, each operation
// asks `limits` at its beginning.

import type { MailDomain } from '../../domain/mailbox-address.ts';
import type { SignInId } from '../../domain/sign-in.ts';
import type { ClientAddress } from '../client-address.ts';
import { makeApprovalLink } from '../approvals/make-approval-link.ts';
import { returnFromApproval } from '../approvals/return-from-approval.ts';
import { showLink } from '../connect-links/open-link.ts';
import { returnToSite } from '../connect-links/return-to-site.ts';
import { limitRequests, type RequestLimits } from '../limits/limit-requests.ts';
import { requestTestMessage } from '../mailbox-checks/request-test-message.ts';
import { checkAgain, runChecks } from '../mailbox-checks/run-checks.ts';
import { checkOwnMailbox, listOwnMailboxes, revokeOwnMailbox } from '../owners/own-mailboxes.ts';
import { beginVisit, redeemVisit } from '../owners/visit.ts';
import { beginSignIn } from '../sign-ins/begin-sign-in.ts';
import { confirmSignIn } from '../sign-ins/confirm-sign-in.ts';
import { redeemCode } from '../sign-ins/redeem-code.ts';
import { refuseSignIn } from '../sign-ins/refuse-sign-in.ts';
import { signInStatus } from '../sign-ins/sign-in-status.ts';
import { adviseOnMailDomain } from '../sites/look-up-mail-domain.ts';
import { findEnteredSite, findSiteLogo } from '../sites/site-face.ts';
import { revokeOwnToken } from '../tokens/revoke-token.ts';
import { auditRefusals, auditServices, createRefusalFilter } from './audited-services.ts';
import { bindOperations, type Guard, type InputOf } from './bind-operations.ts';
import type { AppOptions } from './create-services.ts';
import { guardLookUps } from './guarded-services.ts';
import { mapDatabaseErrors } from './map-database-errors.ts';
import type { Services } from './services.ts';
import type { TrackedWork } from './track-work.ts';

const OPERATIONS = {
	// Before anybody signs in.
	beginSignIn,
	makeApprovalLink,
	returnFromApproval,
	findEnteredSite,
	showLink,
	findSiteLogo,
	/** Asks Microsoft where nobody knows yet, so that is counted. */
	async adviseOnMailDomain(context: VisitorContext, domain: MailDomain) {
		await context.limits.byAddress('look_up');
		return adviseOnMailDomain(context, domain);
	},
	// With one's own sign-in.
	redeemCode: (context: VisitorContext, ...input: InputOf<typeof redeemCode>) =>
		context.track(redeemCode(context, ...input)),
	confirmSignIn: answerBeforeWorkEnds(confirmSignIn),
	checkAgain: answerBeforeWorkEnds(checkAgain),
	requestTestMessage: answerBeforeWorkEnds(requestTestMessage),
	refuseSignIn,
	returnToSite,
	async signInStatus(context: VisitorContext, ...input: InputOf<typeof signInStatus>) {
		context.limits.byPolls();
		return signInStatus(context, ...input);
	},
	revokeOwnToken,
	// What somebody connected, for that person alone.
	beginVisit,
	redeemVisit,
	listOwnMailboxes,
	checkOwnMailbox,
	revokeOwnMailbox,
};

export type VisitorOperations = ReturnType<ReturnType<typeof visitorOperations>['forVisitor']>;

export function visitorOperations(
	services: Services,
	{ track }: TrackedWork,
	{ settings }: AppOptions,
) {
	const isWorthNoting = createRefusalFilter(services);
	const { neverUsedDays } = settings.keepAlive;
	return {
		forVisitor(clientAddress: ClientAddress) {
			const who = { actor: 'visitor', clientAddress } as const;
			const guarded = guardLookUps(auditServices(services, who), clientAddress);
			const context: VisitorContext = {
				...guarded,
				limits: limitRequests(services, clientAddress),
				track,
				becameUsable: (signIn, at) => void track(runChecks(guarded, signIn, at)),
				neverUsedDays,
			};
			const note = services.auditTrail.by(who);
			const guard: Guard<VisitorContext> = (run) =>
				auditRefusals(
					note,
					() => mapDatabaseErrors(() => run(context)),
					(code) => isWorthNoting(code, clientAddress),
				);
			return bindOperations(OPERATIONS, guard);
		},
	};
}

type VisitorContext = Services & {
	limits: RequestLimits;
	/** For what goes on after the answer. */
	track: TrackedWork['track'];
	becameUsable: (signIn: SignInId, at: Date) => void;
	neverUsedDays: number;
};

function answerBeforeWorkEnds<Input extends unknown[]>(
	operation: (context: VisitorContext, ...input: Input) => Promise<{ work: Promise<void> }>,
) {
	return async (context: VisitorContext, ...input: Input): Promise<void> => {
		const { work } = await operation(context, ...input);
		void context.track(work);
	};
}
