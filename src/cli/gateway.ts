// `mailkey gateway`: the mail gateway, a process of its own that needs no database. Runs until it is told to stop.

import { createGatewayMetrics } from '../gateway/gateway-metrics.ts';
import { parseGatewaySettings, type GatewayOptions } from '../gateway/gateway-settings.ts';
import { startGateway } from '../gateway/gateway.ts';
import { createLog } from '../lib/server/log.ts';
import { withSecretFiles } from '../lib/server/settings/secret-files.ts';
import { startMetricsServer } from '../http/metrics-server.ts';
import { printJson, type JsonOption } from './print.ts';
import { stopRequested } from './stop-requested.ts';

/** Clients that are logged in may finish within this. */
const SHUTDOWN_LIMIT_MS = 30_000;

export type GatewayCommandOptions = GatewayOptions & JsonOption;

/** Throws `OperatorError`. */
export async function runGateway(options: GatewayCommandOptions): Promise<void> {
	const stopping = stopRequested();
	const environment = withSecretFiles(process.env, process.cwd());
	const settings = parseGatewaySettings(options, environment['MAILKEY_SITE_KEY']);
	const log = createLog({ level: 'info', mailboxes: options.logMailboxes });
	const metrics = createGatewayMetrics({ withProcess: true });
	const gateway = await startGateway(settings, { log, metrics });
	const metricsServer =
		settings.metrics &&
		(await startMetricsServer({ log, metrics, isReady: gateway.isReady }, settings.metrics));
	const ports = { ...gateway.ports, ...(metricsServer && { metrics: metricsServer.port }) };
	if (options.json) printJson({ helper: settings.helper.origin, ports });
	else process.stdout.write(readyText(settings.helper.origin, ports));
	await stopping;
	await Promise.all([gateway.stop(SHUTDOWN_LIMIT_MS), metricsServer?.stop()]);
	setImmediate(() => process.exit());
}

function readyText(helper: string, ports: Record<string, number>): string {
	const lines = Object.entries(ports).map(([name, port]) => `${name} on port ${port}`);
	return [...lines, `The mail gateway is ready; identifiers are resolved at ${helper}`, ''].join(
		'\n',
	);
}
