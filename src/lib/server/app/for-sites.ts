// What a site may do with its key, and how often. A flood with one key, known or not, never reaches the database.

import { Problem } from '../../domain/problem.ts';
import type { ClientAddress } from '../client-address.ts';
import { listEvents } from '../events/list-events.ts';
import { listSiteTokens, type TokenListQuery } from '../tokens/list-tokens.ts';
import { resolveIdentifier } from '../tokens/resolve-identifier.ts';
import { revokeSiteToken } from '../tokens/revoke-token.ts';
import { completeConnectLink } from '../connect-links/complete-connect-link.ts';
import { makeConnectLink, type ConnectLinkInput } from '../connect-links/make-connect-link.ts';
import { cancelConnectLink, reportConnectLink } from '../connect-links/report-connect-link.ts';
import type { Auditor } from '../audit/audit-trail.ts';
import type { SiteOfKey } from '../tokens/resolve-store.ts';
import { takeOrThrow } from '../limits/token-buckets.ts';
import { keySha256Of } from '../sites/site-key.ts';
import { auditRefusals, auditServices, createRefusalFilter } from './audited-services.ts';
import { guardResolves } from './guarded-services.ts';
import { countResolve } from './measured-services.ts';
import type { Services } from './services.ts';
import { mapDatabaseErrors } from './map-database-errors.ts';

/** Each throws `Problem` `invalid_site_key` or `too_many_requests`. */
export function siteOperations(services: Services) {
	const { now, log, vault, storedTokens, uses, durations } = services;
	const { refreshAndWait, mailServers, signInUrl } = services;
	const refreshing = { durations, refreshAndWait, storedTokens };
	/** Some of the services, as they are copied at each resolve. */
	const resolving = { now, log, vault, uses, mailServers, signInUrl, ...refreshing };
	const isWorthNoting = createRefusalFilter(services);
	const siteOf = async (keySha256: Buffer | undefined, resolves: Services['resolves']) => {
		const site = keySha256 && (await resolves.findSite(keySha256, services.now()));
		if (site === undefined) throw new Problem('invalid_site_key');
		services.uses.ofKey(site.keyId, services.now());
		return site;
	};
	return {
		forSite(siteKey: string | undefined, clientAddress: ClientAddress) {
			const keySha256 = keySha256Of(siteKey);
			const resolves = guardResolves(services, clientAddress);
			const asking = <Result>(flow: () => Promise<Result>) =>
				auditRefusals(
					services.auditTrail.by({ actor: 'site', clientAddress }),
					async () => {
						if (keySha256) takeOrThrow(services.bySiteKey, keySha256.toString('latin1'));
						return mapDatabaseErrors(flow);
					},
					(code) => isWorthNoting(code, clientAddress),
				);
			/** As the site of the key; what it does is noted. */
			const asSite: AsSite = (flow) =>
				asking(async () => {
					const site = await siteOf(keySha256, resolves);
					const who = { actor: 'site', actorName: `key ${site.keyId}`, clientAddress } as const;
					return flow(site, auditServices(services, who), services.auditTrail.by(who));
				});
			return {
				resolveIdentifier: (input: { identifier: unknown; minTtl: unknown }) =>
					countResolve(services.metrics, () =>
						asking(() => resolveIdentifier({ ...resolving, resolves }, keySha256, input)),
					),
				listTokens: (query: TokenListQuery = {}) =>
					asking(async () => {
						const { siteId } = await siteOf(keySha256, resolves);
						return listSiteTokens(services, siteId, query);
					}),
				listEvents: (query: { after: string | undefined; limit: string | undefined }) =>
					asking(async () => listEvents(services, await siteOf(keySha256, resolves), query)),
				revokeToken: (number: number) =>
					asSite(({ siteId }, audited) => revokeSiteToken(audited, siteId, number)),
				...connectLinkOperations(asSite),
			};
		},
	};
}

type AsSite = <Result>(
	flow: (site: SiteOfKey, audited: Services, note: Auditor) => Promise<Result>,
) => Promise<Result>;

function connectLinkOperations(asSite: AsSite) {
	return {
		makeConnectLink: (input: ConnectLinkInput) =>
			asSite(({ siteId }, audited) => makeConnectLink(audited, siteId, input)),
		reportConnectLink: (id: string) =>
			asSite(({ siteId }, audited) => reportConnectLink(audited, siteId, id)),
		cancelConnectLink: (id: string) =>
			asSite(({ siteId }, audited) => cancelConnectLink(audited, siteId, id)),
		completeConnectLink: (id: string, code: unknown) =>
			asSite(async ({ siteId }, audited, note) => {
				// The mailbox check has run since the return.
				const context = { ...audited, becameUsable: () => undefined };
				const completed = await completeConnectLink(context, siteId, id, code);
				const { mailbox } = completed;
				note({ event: 'connect_link_completed', siteId, mailbox, detail: id });
				return completed;
			}),
	};
}
