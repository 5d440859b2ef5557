// The app: what visitors, sites and operators may call, with the background jobs. Routes and the command line call it.

import { loadImapClient } from '../mail/imap-login.ts';
import { learnKeys } from '../tokens/check-keys.ts';
import { withTimeout } from '../with-timeout.ts';
import { readiness, shareReadiness } from './readiness.ts';
import { auditServices } from './audited-services.ts';
import { startBackgroundJobs } from './background-jobs.ts';
import { createEventJobs } from './event-jobs.ts';
import { createNoticeJobs } from './notice-jobs.ts';
import { createKeepAliveJobs } from './keep-alive-jobs.ts';
import { operatorOperations } from './for-operators.ts';
import { recipientOperations } from './for-recipients.ts';
import { pageSettings } from './page-settings.ts';
import { createServices, type AppOptions } from './create-services.ts';
import { siteOperations } from './for-sites.ts';
import { visitorOperations } from './for-visitors.ts';
import { UNKNOWN_ADDRESS } from '../client-address.ts';
import { findSession } from './guarded-services.ts';
import type { Session } from '../owners/sessions.ts';
import { trackWork } from './track-work.ts';
import { mapDatabaseErrors } from './map-database-errors.ts';

export type App = ReturnType<typeof createApp>;

export function createApp(options: AppOptions) {
	const { settings, log } = options;
	const services = createServices(options);
	const { metrics } = services;
	const visitorsWork = trackWork();
	const stopBackgroundJobs = startBackgroundJobs(services);
	const keepAlive = createKeepAliveJobs(auditServices(services, { actor: 'helper' }), options);
	const eventJobs = createEventJobs(services, options);
	const noticeJobs = createNoticeJobs(services);
	let phase: 'serving' | 'leaving' = 'serving';
	const sharedReadiness = shareReadiness(
		() => readiness(services, phase),
		() => performance.now(),
	);
	return {
		page: pageSettings(settings, options.mode, options.practiceAccounts),
		logo: settings.helperLogo,
		origin: settings.origin,
		log,
		sessionCookieName: services.sessions.cookieName,
		findSession: (cookieValue: string | undefined, clientAddress = UNKNOWN_ADDRESS) =>
			mapDatabaseErrors(() => findSession(services, cookieValue, clientAddress)),
		endSession: (session: Session | undefined) =>
			mapDatabaseErrors(() => services.sessions.end(session)),
		...visitorOperations(services, visitorsWork, options),
		...siteOperations(services),
		...recipientOperations(services),
		...operatorOperations(services, options.operatorName, eventJobs.delivery),
		metrics: { text: metrics.text, contentType: metrics.contentType },
		keepAlive,
		eventJobs,
		noticeJobs,
		readiness: () => (phase === 'leaving' ? readiness(services, phase) : sharedReadiness()),
		/** This instance is leaving, and begins nothing new. */
		isLeaving: () => phase === 'leaving',
		/** Sets the clock by the database's; until then it is the machine's own. */
		measureClock: () => services.clock.measure(),
		/** Before there is a login: for a process that lasts longer than its files may. */
		loadMailClient: async () => {
			await loadImapClient();
		},
		/** The ids of keys that are not those that were used under them before. Others are known from now on. */
		learnKeys: () => learnKeys(services),
		/** From now on `readiness` says that this instance is leaving. */
		beginShutdown() {
			phase = 'leaving';
			for (const jobs of [keepAlive, eventJobs, noticeJobs]) jobs.stop();
		},
		/** When no refresh and no visitor's work is under way, or `limitMs` is over. */
		workDone: async (limitMs: number): Promise<void> => {
			const jobs = [visitorsWork, keepAlive, eventJobs].map((each) => each.settled());
			await withTimeout(Promise.all([services.refreshesSettled(), ...jobs]), limitMs);
		},
		/** When the uses so far are written, or cannot be for now. */
		usesWritten: () => services.uses.write(),
		/** When what was noted so far is written, or cannot be for now. */
		auditWritten: () => services.auditTrail.write(),
		/** Writes what is gathered and closes the connections. */
		async close(): Promise<void> {
			stopBackgroundJobs();
			keepAlive.stop();
			await eventJobs.finish();
			await noticeJobs.finish();
			await services.uses.write();
			await services.auditTrail.finish();
			await services.connection.close();
		},
	};
}
