// Resolving a live token, beside a bare Node HTTP server that runs the same one-row statement on the same
// PostgreSQL in the same run: what is left after that is the limit.

import autocannon from 'autocannon';
import { startTestPostgres } from '../support/postgres.ts';
import { startRunningHelper } from '../support/running-helper.ts';
import { startBareResolve } from './bare-resolve.ts';
import { median } from './median.ts';
import { storeTokenFor } from './store-token-for.ts';

const ROUNDS = 5;
const SECONDS = 4;
const CONNECTIONS = 16;
const MIN_THROUGHPUT = 0.8;
const MAX_LATENCY = 1.5;

type Target = { url: string; siteKey: string; identifier: string };

export async function run(): Promise<void> {
	const postgres = await startTestPostgres();
	const helper = await startRunningHelper(postgres.url, { LIMITS: 'resolve=0', LOG_LEVEL: 'warn' });
	const identifier = await storeTokenFor(helper, 'equis@mycompany.com');
	const bare = await startBareResolve(helper.databaseUrl);
	const siteKey = helper.site.key;
	try {
		await compare(
			{ url: `${helper.origin}/api/v1/resolve`, siteKey, identifier },
			{ url: bare.url, siteKey, identifier },
		);
	} finally {
		await bare.stop();
		await helper.stop();
		await postgres.stop();
	}
}

/** In turns, so that a slow moment of the machine hits both. */
async function compare(ours: Target, bare: Target): Promise<void> {
	await load(ours, 2);
	await load(bare, 2);
	const throughput: number[] = [];
	const latency: number[] = [];
	for (let round = 0; round < ROUNDS; round += 1) {
		const our = await load(ours, SECONDS);
		const limit = await load(bare, SECONDS);
		console.log(
			`  ours ${our.perSecond.toFixed(0)}/s, p50 ${our.p50} ms, p99 ${our.p99} ms; bare ${limit.perSecond.toFixed(0)}/s, p50 ${limit.p50} ms, p99 ${limit.p99} ms`,
		);
		throughput.push(our.perSecond / limit.perSecond);
		latency.push(our.p50 / limit.p50);
	}
	const ratio = median(throughput);
	console.log(
		`  throughput, ours / bare: ${ratio.toFixed(2)} (goal: at least ${MIN_THROUGHPUT}), ${ratio >= MIN_THROUGHPUT ? 'within the goal' : 'BELOW the goal'}`,
	);
	const times = median(latency);
	console.log(
		`  p50, ours / bare: ${times.toFixed(2)} (goal: at most ${MAX_LATENCY}), ${times <= MAX_LATENCY ? 'within the goal' : 'OVER the goal'}`,
	);
}

async function load({ url, siteKey, identifier }: Target, duration: number) {
	const result = await autocannon({
		url,
		method: 'POST',
		headers: { authorization: `Bearer ${siteKey}`, 'content-type': 'application/json' },
		body: JSON.stringify({ identifier }),
		connections: CONNECTIONS,
		duration,
	});
	if (result.non2xx > 0 || result.errors > 0) throw new Error(`${url}: not every answer was 200`);
	return {
		perSecond: result.requests.average,
		p50: result.latency.p50,
		p99: result.latency.p99,
	};
}
