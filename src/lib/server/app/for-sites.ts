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
import { bindOperations } from './bind-operations.ts';
import { guardResolves } from './guarded-services.ts';
import { countResolve } from './measured-services.ts';
import type { Services } from './services.ts';
import { mapDatabaseErrors } from './map-database-errors.ts';

const OPERATIONS = {
	listEvents: (
		context: SiteContext,
		query: { after: string | undefined; limit: string | undefined },
	) => listEvents(context, context, query),
	revokeToken: (context: SiteContext, number: number) =>
		revokeSiteToken(context, context.siteId, number),
	makeConnectLink: (context: SiteContext, input: ConnectLinkInput) =>
		makeConnectLink(context, context.siteId, input),
	reportConnectLink: (context: SiteContext, id: string) =>
		reportConnectLink(context, context.siteId, id),
	cancelConnectLink: (context: SiteContext, id: string) =>
		cancelConnectLink(context, context.siteId, id),
	async completeConnectLink(context: SiteContext, id: string, code: unknown) {
		const { siteId, note } = context;
		// The mailbox check has run since the return.
		const completing = { ...context, becameUsable: () => undefined };
		const completed = await completeConnectLink(completing, siteId, id, code);
		const { mailbox } = completed;
		note({ event: 'connect_link_completed', siteId, mailbox, detail: id });
		return completed;
	},
};

type SiteContext = Services & SiteOfKey & { note: Auditor };

/** Each throws `Problem` `invalid_site_key` or `too_many_requests`. */
export function siteOperations(services: Services) {
	const { now, log, vault, storedTokens, uses, durations } = services;
	const { refreshAndWait, mailServers, signInUrl } = services;
	const refreshing = { durations, refreshAndWait, storedTokens };
	/** Some of the services, as they are copied at each resolve. */
	const resolving = { now, log, vault, uses, mailServers, signInUrl, ...refreshing };
	const isWorthNoting = createRefusalFilter(services);
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
			/** What the site of the key does is noted. */
			const asSite = async (): Promise<SiteContext> => {
				const site = keySha256 && (await resolves.findSite(keySha256, now()));
				if (site === undefined) throw new Problem('invalid_site_key');
				uses.ofKey(site.keyId, now());
				const who = { actor: 'site', actorName: `key ${site.keyId}`, clientAddress } as const;
				return { ...auditServices(services, who), ...site, note: services.auditTrail.by(who) };
			};
			return {
				resolveIdentifier: (input: { identifier: unknown; minTtl: unknown }) =>
					countResolve(services.metrics, () =>
						asking(() => resolveIdentifier({ ...resolving, resolves }, keySha256, input)),
					),
				listTokens: (query: TokenListQuery = {}) =>
					asking(async () => {
						const context = await asSite();
						return listSiteTokens(context, context.siteId, query);
					}),
				...bindOperations<SiteContext, typeof OPERATIONS>(OPERATIONS, (run) =>
					asking(async () => run(await asSite())),
				),
			};
		},
	};
}
