// The helper: the flows, wired to their rooms. This is what the routes and the command line call.

import { boundedWait } from '../with-timeout.ts';
import { createUnopenableCount } from '../tokens/count-by-key.ts';
import { readiness } from './readiness.ts';
import { createSharedRefreshes } from '../tokens/refresh-and-wait.ts';
import { auditRooms } from './audited-services.ts';
import { startChores } from './background-jobs.ts';
import { createKeepAliveChores } from './keep-alive-jobs.ts';
import { countTokenRequests, createHelperMetrics, measureWait } from './measured-services.ts';
import { operatorFlows } from './for-operators.ts';
import { pageSettings } from './page-settings.ts';
import { buildRooms, type HelperOptions } from './services.ts';
import { siteFlows } from './for-sites.ts';
import { visitorFlows } from './for-visitors.ts';
import type { Session } from '../owners/sessions.ts';
import { trackWork } from './track-work.ts';
import { whenAvailable } from './map-database-errors.ts';

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
	const refreshing = auditRooms(rooms, { actor: 'helper' });
	const refreshes = createSharedRefreshes(refreshing);
	const refreshAndWait = measureWait(metrics, refreshes.refreshAndWait);
	const visitorsWork = trackWork();
	const stopChores = startChores(rooms);
	const keepAlive = createKeepAliveChores(refreshing, options);
	let phase: 'serving' | 'leaving' = 'serving';
	return {
		page: pageSettings(settings, options.mode, options.practiceAccounts),
		logo: settings.helperLogo,
		origin: settings.origin,
		log,
		sessionCookieName: rooms.sessions.cookieName,
		findSession: (cookieValue: string | undefined) =>
			whenAvailable(() => rooms.sessions.find(cookieValue)),
		endSession: (session: Session | undefined) => whenAvailable(() => rooms.sessions.end(session)),
		...visitorFlows({ ...rooms, refreshAndWait }, visitorsWork, options),
		...siteFlows(rooms, refreshAndWait, options),
		...operatorFlows({ ...rooms, refreshAndWait }, options.operatorName),
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
		/** When no refresh and no visitor's work is under way, or `limitMs` is over. */
		workDone: async (limitMs: number): Promise<void> => {
			const work = [refreshes.settled(), visitorsWork.settled(), keepAlive.settled()];
			await boundedWait(Promise.all(work), limitMs);
		},
		/** When what was noted so far is written, or cannot be for now. */
		auditWritten: () => rooms.auditTrail.write(),
		/** Writes what is gathered and closes the connections. */
		async close(): Promise<void> {
			stopChores();
			keepAlive.stop();
			await rooms.uses.write();
			await rooms.auditTrail.write();
			await rooms.connection.close();
		},
	};
}
