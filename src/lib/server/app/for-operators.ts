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
import { changeSite, type SiteChangeOptions } from '../sites/change-site.ts';
import { makeLinkByOperator, type ConnectLinkInput } from '../connect-links/make-connect-link.ts';
import { removeSite, useOfSite } from '../sites/end-site.ts';
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
import {
	faultsOfRegistration,
	registerSite,
	type SiteRegistration,
} from '../sites/register-site.ts';
import { listAllTokens, type OperatorTokenQuery } from '../tokens/list-tokens.ts';
import type { PracticeState } from '../tokens/stored-token-store.ts';
import { verifyKeys } from '../tokens/verify-keys.ts';
import { resealTokens } from '../tokens/reseal-tokens.ts';
import { warningsOnMailDomains } from '../sites/warn-on-mail-domains.ts';
import type { Services } from './services.ts';

export function operatorOperations(
	given: Services,
	operatorName: string | undefined,
	delivery: DueWork,
) {
	const who = { actor: 'operator', actorName: operatorName } as const;
	const services = auditServices(given, who);
	const note = given.auditTrail.by(who);
	return {
		registerSite: (registration: SiteRegistration) => registerSite(services, registration),
		faultsOfRegistration,
		warningsOnMailDomains: (domains: readonly string[], tenants: readonly string[]) =>
			warningsOnMailDomains(services, domains, tenants),
		listSites: () => services.sites.list(),
		showSite: (url: string) => showSite(services, url),
		changeSite: (url: string, options: SiteChangeOptions) => changeSite(services, url, options),
		disableSite: (url: string) => disableSite(services, url),
		enableSite: (url: string) => enableSite(services, url),
		makeConnectLink: (url: string, input: ConnectLinkInput) =>
			makeLinkByOperator(services, url, input),
		useOfSite: (url: string, before: 'disabling' | 'removing') => useOfSite(services, url, before),
		removeSite: (url: string) => removeSite(services, url),
		showWebhook: (url: string) => showWebhook(services, url),
		whyUndelivered,
		testWebhook: (url: string) => testWebhook(services, delivery, url),
		retryWebhooks: (url: string) => retryWebhooks(services, url),
		rotateWebhookSecret: (url: string, graceMs: number) =>
			rotateWebhookSecret(services, url, graceMs),
		rotateSiteKey: (url: string, graceMs: number) => rotateSiteKey(services, url, graceMs),
		listTokens: (query?: OperatorTokenQuery) => listAllTokens(services, query),
		showToken: (identifier: string) => showToken(services, identifier),
		revokeNumbers: (numbers: readonly number[]) => revokeNumbers(services, numbers),
		verifyKeys: () => verifyKeys(services),
		revokeByOperator: (identifier: string) => revokeByOperator(services, identifier),
		checkByOperator: async (identifier: string) => {
			const { checks, token, subject } = await checkByOperator(services, identifier);
			const outcomes = Object.entries(checks).map(
				([protocol, { status }]) => `${protocol} ${status}`,
			);
			note({ event: 'check', ...token, detail: outcomes.join(', ') });
			return { checks, subject };
		},
		refreshByOperator: (identifier: string) => refreshByOperator(services, identifier),
		setPracticeState: (identifier: string, state: PracticeState) =>
			setPracticeState(services, identifier, state),
		countByKey: () => countByKey(services),
		resealTokens: async (onProgress: Parameters<typeof resealTokens>[1]) => {
			const resealed = await resealTokens(services, onProgress);
			note({
				event: 'keys_rotated',
				detail: `${services.vault.sealingKeyId}: ${resealed.resealed} values`,
			});
			return resealed;
		},
		...auditOperations(services, note),
	};
}

function auditOperations(services: Services, note: Auditor) {
	return {
		readAudit: (query: AuditQuery) => readAudit(services, query),
		pruneAudit: async () => {
			const pruned = await pruneAudit(services);
			if (pruned.kind === 'pruned') {
				const { before, partitions } = pruned;
				const detail = `before ${before.toISOString()}: ${partitions.join(', ') || 'nothing'}`;
				note({ event: 'audit_pruned', detail });
			}
			return pruned;
		},
	};
}
