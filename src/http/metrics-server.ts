// `GET /metrics` on a listener of its own, inside the operator's network and not in front of visitors.
// For a process without a page, its health as well.

import { createServer } from 'node:http';
import { listen } from '../lib/server/listen.ts';
import type { Log } from '../lib/server/log.ts';

export type MetricsServer = { port: number; stop(): Promise<void> };

export type MetricsSource = {
	log: Log;
	metrics: { contentType: string; text(): Promise<string> };
	/** When there, `/healthz` and `/readyz` are answered too. */
	isReady?: () => Promise<boolean>;
};

type Answer = { status: number; type: string; text: string };

function inJson(status: number, word: string): Answer {
	return { status, type: 'application/json', text: JSON.stringify({ status: word }) };
}

/** Throws `OperatorError` when the address cannot be listened on. */
export async function startMetricsServer(
	{ metrics, log, isReady }: MetricsSource,
	{ host, port }: { host: string; port: number },
): Promise<MetricsServer> {
	const answers: Record<string, () => Promise<Answer>> = {
		'/metrics': async () => ({
			status: 200,
			type: metrics.contentType,
			text: await metrics.text(),
		}),
		...(isReady && {
			'/healthz': () => Promise.resolve(inJson(200, 'alive')),
			'/readyz': async () => ((await isReady()) ? inJson(200, 'ready') : inJson(503, 'not_ready')),
		}),
	};
	const server = createServer({ requestTimeout: 10_000 }, (request, response) => {
		response.setHeader('X-Content-Type-Options', 'nosniff');
		response.setHeader('Cache-Control', 'no-store');
		const answer = request.url === undefined ? undefined : answers[request.url];
		if (!answer) return void response.writeHead(404).end();
		if (request.method !== 'GET') return void response.writeHead(405, { Allow: 'GET' }).end();
		answer().then(
			({ status, type, text }) => response.writeHead(status, { 'Content-Type': type }).end(text),
			(error: unknown) => {
				log.error({ err: error }, 'the metrics could not be told');
				response.writeHead(500).end();
			},
		);
	});
	const boundPort = await listen(server, { host, port }, 'METRICS_LISTEN:');
	return {
		port: boundPort,
		async stop() {
			const closed = new Promise<void>((resolve) => server.close(() => resolve()));
			server.closeAllConnections();
			await closed;
		},
	};
}
