// `GET /metrics` on a listener of its own, which stands inside the operator's network and not in front of visitors.

import { createServer } from 'node:http';
import { OperatorError } from '../lib/domain/operator-error.ts';
import type { Helper } from '../lib/server/helper.ts';

export type MetricsServer = { stop(): Promise<void> };

/** Throws `OperatorError` when the address cannot be listened on. */
export async function startMetricsServer(
	{ metrics, log }: Pick<Helper, 'metrics' | 'log'>,
	{ host, port }: { host: string; port: number },
): Promise<MetricsServer> {
	const server = createServer({ requestTimeout: 10_000 }, (request, response) => {
		response.setHeader('X-Content-Type-Options', 'nosniff');
		response.setHeader('Cache-Control', 'no-store');
		if (request.url !== '/metrics') return void response.writeHead(404).end();
		if (request.method !== 'GET') return void response.writeHead(405, { Allow: 'GET' }).end();
		metrics.text().then(
			(text) => response.writeHead(200, { 'Content-Type': metrics.contentType }).end(text),
			(error: unknown) => {
				log.error({ err: error }, 'the metrics could not be told');
				response.writeHead(500).end();
			},
		);
	});
	await new Promise<void>((resolve, reject) => {
		server.once('error', reject);
		server.listen(port, host, resolve);
	}).catch((cause: unknown) => {
		const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
		const why = code === 'EADDRINUSE' ? 'another program uses it' : code;
		throw new OperatorError(`METRICS_LISTEN: cannot listen on ${host}, port ${port} (${why}).`, {
			cause,
		});
	});
	return {
		async stop() {
			const closed = new Promise<void>((resolve) => server.close(() => resolve()));
			server.closeAllConnections();
			await closed;
		},
	};
}
