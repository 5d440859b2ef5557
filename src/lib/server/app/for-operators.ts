// What the operator may do, with the database at hand; all of it that changes something is noted.

import { auditServices } from './audited-services.ts';
import type { DueWork } from '../due-work.ts';
import {
	retryWebhooks,
	rotateWebhookSecret,
	showWebhook,
	testWebhook,
	whyUndelivered,
} from '../events/operate-webhooks.ts';
import { checkByOperator } from '../mailbox-checks/check-by-operator.ts';
import { countByKey } from '../tokens/count-by-key.ts';
import { changeSite } from '../sites/change-site.ts';
import { makeLinkByOperator } from '../connect-links/make-connect-link.ts';
import { findBegunRemoval, removeSite, useOfSite } from '../sites/end-site.ts';
import { disableSite, enableSite, rotateSiteKey, showSite } from '../sites/manage-sites.ts';
import {
	refreshByOperator,
	revokeByOperator,
	revokeNumbers,
	setPracticeState,
	showToken,
} from '../tokens/operate-tokens.ts';
import type { Auditor } from '../audit/audit-trail.ts';
import { pruneAudit } from '../audit/prune-audit.ts';
import { readAudit, type AuditQuery } from '../audit/read-audit.ts';
import { faultsOfRegistration, registerSite } from '../sites/register-site.ts';
import { listAllTokens, type OperatorTokenQuery } from '../tokens/list-tokens.ts';
import { findEveryWrongKey } from '../tokens/check-keys.ts';
import { verifyKeys } from '../tokens/verify-keys.ts';
import { resealTokens } from '../tokens/reseal-tokens.ts';
import { warningsOnMailDomains } from '../sites/warn-on-mail-domains.ts';
import { bindOperations, type InputOf } from './bind-operations.ts';
import type { Services } from './services.ts';

/** What each gives back is what it promises; what is refused, it throws. */
const OPERATIONS = {
	// Sites.
	registerSite,
	warningsOnMailDomains,
	listSites: ({ sites }: OperatorContext) => sites.list(),
	showSite,
	changeSite,
	disableSite,
	enableSite,
	makeConnectLink: makeLinkByOperator,
	useOfSite,
	findBegunRemoval,
	removeSite,
	rotateSiteKey,
	// Their webhooks.
	showWebhook,
	testWebhook,
	retryWebhooks,
	rotateWebhookSecret,
	// Stored tokens.
	showToken,
	refreshByOperator,
	revokeByOperator,
	revokeNumbers,
	setPracticeState,
	async checkByOperator(context: OperatorContext, identifier: string) {
		const { checks, token, subject } = await checkByOperator(context, identifier);
		const outcomes = Object.entries(checks).map(
			([protocol, { status }]) => `${protocol} ${status}`,
		);
		context.note({ event: 'check', ...token, detail: outcomes.join(', ') });
		return { checks, subject };
	},
	// Keys.
	verifyKeys,
	countByKey,
	findEveryWrongKey,
	async resealTokens(context: OperatorContext, ...input: InputOf<typeof resealTokens>) {
		const resealed = await resealTokens(context, ...input);
		const detail = `${context.vault.sealingKeyId}: ${resealed.resealed} values`;
		context.note({ event: 'keys_rotated', detail });
		return resealed;
	},
	// The audit trail.
	async pruneAudit(context: OperatorContext) {
		const pruned = await pruneAudit(context);
		if (pruned.kind === 'pruned') {
			const { before, partitions, useCounts } = pruned;
			const detail = `before ${before.toISOString()}: ${partitions.join(', ') || 'no month'}; counts of uses: ${useCounts}`;
			context.note({ event: 'audit_pruned', detail });
		}
		return pruned;
	},
};

type OperatorContext = Services & {
	/** Of webhooks: a test is delivered at once. */
	delivery: DueWork;
	note: Auditor;
};

export function operatorOperations(
	services: Services,
	operatorName: string | undefined,
	delivery: DueWork,
) {
	const who = { actor: 'operator', actorName: operatorName } as const;
	const audited = auditServices(services, who);
	const context: OperatorContext = { ...audited, delivery, note: services.auditTrail.by(who) };
	return {
		...bindOperations<OperatorContext, typeof OPERATIONS>(OPERATIONS, (run) => run(context)),
		listTokens: (query?: OperatorTokenQuery) => listAllTokens(audited, query),
		readAudit: (query: AuditQuery) => readAudit(services, query),
		findDatabaseFault: services.findDatabaseFault,
		// Without the database.
		faultsOfRegistration,
		whyUndelivered,
	};
}
