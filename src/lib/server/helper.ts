// The helper: the flows, wired to their rooms. This is what the routes and the command line call.

import type { MailDomain } from '../domain/mailbox-address.ts';
import { Problem } from '../domain/problem.ts';
import { isDatabaseAway } from './database/connection.ts';
import type { SignInId } from '../domain/sign-in.ts';
import type { SignInSelector } from './database/sign-in-store.ts';
import { beginSignIn } from './flows/begin-sign-in.ts';
import { boundedWait } from './flows/bounded-wait.ts';
import { confirmSignIn } from './flows/confirm-sign-in.ts';
import { countByKey, createUnopenableCount } from './flows/count-by-key.ts';
import { warningsOnMailDomains } from './flows/warn-on-mail-domains.ts';
import { resealTokens } from './flows/reseal-tokens.ts';
import { reportToken } from './flows/report-token.ts';
import { homeOfMailDomain } from './flows/look-up-mail-domain.ts';
import { makeApprovalLink } from './flows/make-approval-link.ts';
import { disableSite, rotateSiteKey, showSite } from './flows/manage-sites.ts';
import { checkByOperator } from './flows/check-by-operator.ts';
import {
	refreshByOperator,
	reportOf,
	revokeByOperator,
	showToken,
} from './flows/operate-tokens.ts';
import { readiness } from './flows/readiness.ts';
import { redeemCode } from './flows/redeem-code.ts';
import { createSharedRefreshes } from './flows/refresh-and-wait.ts';
import { requestTestMessage } from './flows/request-test-message.ts';
import { checkAgain, runChecks, type RunChecksContext } from './flows/run-checks.ts';
import { refuseSignIn } from './flows/refuse-sign-in.ts';
import {
	faultsOfRegistration,
	registerSite,
	type SiteRegistration,
} from './flows/register-site.ts';
import { resolveIdentifier } from './flows/resolve-identifier.ts';
import { returnFromApproval } from './flows/return-from-approval.ts';
import { revokeOwnToken, revokeSiteToken } from './flows/revoke-token.ts';
import { signInStatus } from './flows/sign-in-status.ts';
import { keySha256Of } from './flows/site-key.ts';
import { startChores } from './helper-chores.ts';
import { createKeepAliveChores } from './helper-keep-alive.ts';
import {
	countResolve,
	countTokenRequests,
	createHelperMetrics,
	measureWait,
} from './helper-metrics.ts';
import { pageSettings, signInUrl } from './helper-page.ts';
import { buildRooms, type HelperOptions, type Rooms } from './helper-rooms.ts';
import type { Metrics } from './metrics.ts';
import type { Session } from './sessions.ts';

export type Helper = ReturnType<typeof createHelper>;

export function createHelper(options: HelperOptions) {
	const { settings, log } = options;
	const built = buildRooms(options);
	const countUnopenable = createUnopenableCount(built);
	const withProcess = settings.metricsListen !== undefined;
	const metrics = createHelperMetrics(built, countUnopenable, { withProcess });
	const rooms = {
		...built,
		metrics,
		tokenEndpoint: countTokenRequests(built.tokenEndpoint, metrics),
	};
	const refreshes = createSharedRefreshes(rooms);
	const refreshAndWait = measureWait(metrics, refreshes.refreshAndWait);
	const redemptions = trackWork();
	const stopChores = startChores(rooms);
	const keepAlive = createKeepAliveChores(rooms, options);
	let phase: 'serving' | 'leaving' = 'serving';
	return {
		page: pageSettings(settings, options.mode, options.practiceAccounts),
		origin: settings.origin,
		log,
		sessionCookieName: rooms.sessions.cookieName,
		...visitorFlows({ ...rooms, refreshAndWait }, redemptions, options),
		...siteFlows(rooms, refreshAndWait, options),
		...operatorFlows({ ...rooms, refreshAndWait }),
		metrics: { text: metrics.text, contentType: metrics.contentType },
		keepAlive,
		readiness: () => readiness({ ...rooms, countUnopenable }, phase),
		/** Sets the clock by the database's; until then it is the machine's own. */
		measureClock: () => rooms.clock.measure(),
		/** From now on `readiness` says that this instance is leaving. */
		beginShutdown() {
			phase = 'leaving';
			keepAlive.stop();
		},
		/** When no refresh and no redemption is under way, or `limitMs` is over. */
		workDone: async (limitMs: number): Promise<void> => {
			const work = [refreshes.settled(), redemptions.settled(), keepAlive.settled()];
			await boundedWait(Promise.all(work), limitMs);
		},
		/** Writes what is gathered and closes the connections. */
		async close(): Promise<void> {
			stopChores();
			keepAlive.stop();
			await rooms.uses.write();
			await rooms.connection.close();
		},
	};
}

/** Codes that are being redeemed and mailboxes that are being tried, whether the browser still waits or not. */
function trackWork() {
	const underWay = new Set<Promise<unknown>>();
	return {
		track<Result>(work: Promise<Result>): Promise<Result> {
			underWay.add(work);
			const forget = () => underWay.delete(work);
			work.then(forget, forget);
			return work;
		},
		settled: () => Promise.allSettled(underWay),
	};
}

/** What a browser may do. */
function visitorFlows(
	rooms: Rooms & Pick<RunChecksContext, 'refreshAndWait'>,
	{ track }: ReturnType<typeof trackWork>,
	{ settings }: HelperOptions,
) {
	const { neverUsedDays } = settings.keepAlive;
	const storing = {
		...rooms,
		becameReady: (signIn: SignInId, at: Date) => void track(runChecks(rooms, signIn, at)),
	};
	return {
		findSession: (cookieValue: string | undefined) =>
			whenAvailable(() => rooms.sessions.find(cookieValue)),
		beginSignIn: (session: Session | undefined, input: { site: unknown; email: unknown }) =>
			whenAvailable(() => beginSignIn(rooms, session, input)),
		redeemCode: (
			session: Session | undefined,
			selector: SignInSelector,
			input: { code: unknown; codeVerifier: unknown },
		) => whenAvailable(() => track(redeemCode(storing, session, selector, input))),
		/** Resolves when the logins have begun; they go on by themselves. */
		confirmSignIn: (session: Session | undefined, selector: SignInSelector) =>
			whenAvailable(async () => {
				const { work } = await confirmSignIn(storing, session, selector);
				void track(work);
			}),
		/** As `confirmSignIn`: the logins, or the message, go on by themselves. */
		checkAgain: (session: Session | undefined, selector: SignInSelector) =>
			whenAvailable(async () => {
				const { work } = await checkAgain(rooms, session, selector);
				void track(work);
			}),
		requestTestMessage: (session: Session | undefined, selector: SignInSelector) =>
			whenAvailable(async () => {
				const { work } = await requestTestMessage(rooms, session, selector);
				void track(work);
			}),
		refuseSignIn: (
			session: Session | undefined,
			selector: SignInSelector,
			answer: { error: unknown; description: unknown },
		) => whenAvailable(() => refuseSignIn(rooms, session, selector, answer)),
		signInStatus: (session: Session | undefined, selector: SignInSelector) =>
			whenAvailable(() => signInStatus({ ...rooms, neverUsedDays }, session, selector)),
		makeApprovalLink: (input: { site: unknown; email: unknown }) =>
			whenAvailable(() => makeApprovalLink(rooms, input)),
		returnFromApproval: (query: URLSearchParams) =>
			whenAvailable(() => returnFromApproval(rooms, query)),
		homeOfMailDomain: (domain: MailDomain) => whenAvailable(() => homeOfMailDomain(rooms, domain)),
		revokeOwnToken: (session: Session | undefined, selector: SignInSelector) =>
			whenAvailable(() => revokeOwnToken(rooms, session, selector)),
	};
}

/** What a site may do with its key. Each throws `Problem` `invalid_site_key`. */
function siteFlows(
	rooms: Rooms & { metrics: Metrics },
	refreshAndWait: ReturnType<typeof createSharedRefreshes>['refreshAndWait'],
	{ settings }: HelperOptions,
) {
	const resolving = {
		...rooms,
		refreshAndWait,
		mail: settings.mail,
		signInUrl: (site: string, mailbox: string) => signInUrl(settings.origin, site, mailbox),
	};
	const siteOf = async (siteKey: string | undefined) => {
		const keySha256 = keySha256Of(siteKey);
		const site = keySha256 && (await rooms.resolves.findSite(keySha256, rooms.now()));
		if (site === undefined) throw new Problem('invalid_site_key');
		rooms.uses.ofKey(site.keyId, rooms.now());
		return site;
	};
	return {
		resolveIdentifier: (
			siteKey: string | undefined,
			input: { identifier: unknown; minTtl: unknown },
		) =>
			countResolve(rooms.metrics, () =>
				whenAvailable(() => resolveIdentifier(resolving, siteKey, input)),
			),
		listSiteTokens: (siteKey: string | undefined) =>
			whenAvailable(async () => {
				const { siteId } = await siteOf(siteKey);
				return (await rooms.storedTokens.list(siteId)).map(reportToken);
			}),
		revokeSiteToken: (siteKey: string | undefined, number: number) =>
			whenAvailable(async () => {
				const { siteId } = await siteOf(siteKey);
				await revokeSiteToken(rooms, siteId, number);
			}),
	};
}

/** What the operator may do. */
function operatorFlows(rooms: Rooms & Pick<RunChecksContext, 'refreshAndWait'>) {
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
		checkByOperator: (identifier: string) => checkByOperator(rooms, identifier),
		refreshByOperator: (identifier: string) => refreshByOperator(rooms, identifier),
		countByKey: () => countByKey(rooms),
		resealTokens: (onProgress: Parameters<typeof resealTokens>[1]) =>
			resealTokens(rooms, onProgress),
	};
}

/** A database that is away is a problem that passes, whatever was being done. */
async function whenAvailable<Result>(flow: () => Promise<Result>): Promise<Result> {
	try {
		return await flow();
	} catch (cause) {
		if (isDatabaseAway(cause)) {
			throw new Problem('temporarily_unavailable', { cause, retryAfterSeconds: 5 });
		}
		throw cause;
	}
}
