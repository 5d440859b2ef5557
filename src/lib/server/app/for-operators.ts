// What the operator may do, with the database at hand; all of it that changes something is noted.

import { auditRooms } from './audited-services.ts';
import { checkByOperator } from '../mailbox-checks/check-by-operator.ts';
import { countByKey } from '../tokens/count-by-key.ts';
import { disableSite, rotateSiteKey, showSite } from '../sites/manage-sites.ts';
import {
	refreshByOperator,
	reportOf,
	revokeByOperator,
	showToken,
} from '../tokens/operate-tokens.ts';
import { readAudit, type AuditQuery } from '../audit/read-audit.ts';
import {
	faultsOfRegistration,
	registerSite,
	type SiteRegistration,
} from '../sites/register-site.ts';
import { resealTokens } from '../tokens/reseal-tokens.ts';
import type { RunChecksContext } from '../mailbox-checks/run-checks.ts';
import { warningsOnMailDomains } from '../sites/warn-on-mail-domains.ts';
import type { Rooms } from './services.ts';

export function operatorFlows(
	given: Rooms & Pick<RunChecksContext, 'refreshAndWait'>,
	operatorName: string | undefined,
) {
	const who = { actor: 'operator', actorName: operatorName } as const;
	const rooms = auditRooms(given, who);
	const note = given.auditTrail.by(who);
	return {
		registerSite: (registration: SiteRegistration) => registerSite(rooms, registration),
		faultsOfRegistration,
		warningsOnMailDomains: (domains: readonly string[], tenants: readonly string[]) =>
			warningsOnMailDomains(rooms, domains, tenants),
		listSites: () => rooms.sites.list(),
		showSite: (url: string) => showSite(rooms, url),
		disableSite: (url: string) => disableSite(rooms, url),
		rotateSiteKey: (url: string, graceMs: number) => rotateSiteKey(rooms, url, graceMs),
		listTokens: async (site: string | undefined) => {
			const url = site === undefined ? undefined : (await showSite(rooms, site)).url;
			return (await rooms.operatorTokens.list(url)).map(reportOf);
		},
		showToken: (identifier: string) => showToken(rooms, identifier),
		revokeByOperator: (identifier: string) => revokeByOperator(rooms, identifier),
		checkByOperator: async (identifier: string) => {
			const { checks, token } = await checkByOperator(rooms, identifier);
			const outcomes = Object.entries(checks).map(
				([protocol, { status }]) => `${protocol} ${status}`,
			);
			note({ event: 'check', ...token, detail: outcomes.join(', ') });
			return checks;
		},
		refreshByOperator: (identifier: string) => refreshByOperator(rooms, identifier),
		countByKey: () => countByKey(rooms),
		resealTokens: async (onProgress: Parameters<typeof resealTokens>[1]) => {
			const resealed = await resealTokens(rooms, onProgress);
			note({
				event: 'keys_rotated',
				detail: `${rooms.vault.sealingKeyId}: ${resealed.resealed} values`,
			});
			return resealed;
		},
		readAudit: (query: AuditQuery) => readAudit(rooms, query),
	};
}
