// Runs the helper until it is told to stop, or until a part of it dies: then all of it stops.

import { provideApp } from '../lib/server/app/app-instance.ts';
import type { App } from '../lib/server/app/app.ts';
import { PAGE_PATH } from '../lib/server/app/page-settings.ts';
import { commandName } from '../lib/server/folders.ts';
import type { Settings } from '../lib/server/settings/settings.ts';
import { boundsFor } from '../http/connections.ts';
import { startMetricsServer } from '../http/metrics-server.ts';
import { startWebServer, type WebServer, type WebServerOptions } from '../http/web-server.ts';
import { readSettings } from './environment.ts';
import { limitHeapGrowth } from './limit-heap-growth.ts';
import { PRACTICE_MAILBOX, PRACTICE_SITE } from './practice.ts';
import { startApp } from './start-app.ts';
import { stopRequested } from './stop-requested.ts';

/** Requests in progress are given this long when the process is told to stop. */
const SHUTDOWN_LIMIT_MS = 30_000;

export async function serve({ pages }: Pick<WebServerOptions, 'pages'>): Promise<void> {
	limitHeapGrowth();
	const stopping = stopRequested();
	const settings = readSettings();
	const started = await startApp(settings, 'server');
	const { app, log } = started;
	try {
		provideApp(app);
		const { origin, host, port, mode, trustedProxies } = settings;
		const bounds = boundsFor(settings);
		const options = { app, origin, mode, host, port, trustedProxies, pages, bounds };
		// From here on nothing more is read from the program's own files: an update may replace them.
		await app.loadMailClient();
		const server = await startWebServer(options);
		const metrics =
			settings.metricsListen && (await startMetricsServer(app, settings.metricsListen));
		app.keepAlive.start();
		app.eventJobs.start();
		app.noticeJobs.start();
		process.stdout.write(startMessage(settings));
		const reason = await Promise.race([stopping, started.databaseDied]);
		app.beginShutdown();
		if (reason !== 'asked') {
			log.error(reason);
			process.exitCode = 1;
		}
		await finishWorkInHand(app, server);
		await Promise.all([server.stop(), metrics?.stop()]);
	} finally {
		await started.stop();
	}
	// A request to Microsoft that nobody waits for any more would keep the process alive.
	setImmediate(() => process.exit());
}

/** New requests are still taken meanwhile, so that a load balancer hears from `/readyz` that we leave. */
async function finishWorkInHand(app: App, server: WebServer): Promise<void> {
	const deadline = performance.now() + SHUTDOWN_LIMIT_MS;
	const left = () => Math.max(0, deadline - performance.now());
	await server.idle(left());
	await app.workDone(left());
}

function startMessage(settings: Settings): string {
	const page = settings.origin + PAGE_PATH;
	if (settings.mode === 'live') return `Mailkey serves ${page}\n`;
	const command = commandName();
	const link = `${page}?site=${PRACTICE_SITE}&email=${PRACTICE_MAILBOX}`;
	return `
Mailkey is running in practice mode: a practice Microsoft and practice mail servers on this machine, nothing leaves it.

  ${page}

Try this:
  1. Open ${link}
  2. Press "Sign in with Microsoft", and choose the first account on the page that follows.
  3. Copy the identifier from the text box. That is what goes into the mailbox's password field.
  4. Sign in again as somebody else, or cancel, and read what the page says.
  5. Register a site of your own: ${command} site add https://your.site --name "Your site" --mail-domain mycompany.com
  6. Write a mail engine: ${command} practice connect ${PRACTICE_MAILBOX} prints a site key and an identifier;
     docs/resolve-api.md goes on from there.

Ctrl-C stops everything. README.md says how to run it against the real Microsoft.
`;
}
