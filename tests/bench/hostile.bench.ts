// Resolves of a well-behaved site while others attack from other addresses, beside the same without them in the same run.
// On Linux alone, where the loopback network has many addresses.

import autocannon from 'autocannon';
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { largestAsset } from '../support/largest-asset.ts';
import { startTestPostgres } from '../support/postgres.ts';
import { startRunningHelper, type RunningHelper } from '../support/running-helper.ts';
import { median } from './median.ts';
import { storeTokenFor } from './store-token-for.ts';

const ROUNDS = 5;
const SECONDS = 4;
const CONNECTIONS = 16;
const MIN_THROUGHPUT = 0.7;
const CROWD = fileURLToPath(new URL('./hostile-crowd.ts', import.meta.url));

export async function run(): Promise<void> {
	const postgres = await startTestPostgres();
	const helper = await startRunningHelper(postgres.url, { LIMITS: 'resolve=0', LOG_LEVEL: 'warn' });
	const identifier = await storeTokenFor(helper, 'equis@mycompany.com');
	const { port } = new URL(helper.origin);
	const crowd = fork(CROWD, [port, largestAsset()], { execArgv: ['--import', 'tsx'] });
	try {
		await compare(helper, identifier, crowd);
	} finally {
		crowd.kill();
		await helper.stop();
		await postgres.stop();
	}
}

type Sent = { aborted: number; cookies: number };

async function tell(crowd: ChildProcess, message: 'attack' | 'rest'): Promise<Sent> {
	crowd.send(message);
	const [sent] = (await once(crowd, 'message')) as [Sent];
	return sent;
}

/** In turns, so that a slow moment of the machine hits both. */
async function compare(helper: RunningHelper, identifier: string, crowd: ChildProcess) {
	await load(helper, identifier, 2);
	await tell(crowd, 'attack');
	await load(helper, identifier, 2);
	let sent = await tell(crowd, 'rest');
	const warmUp = { ...sent };
	const throughput: number[] = [];
	for (let round = 0; round < ROUNDS; round += 1) {
		const quiet = await load(helper, identifier, SECONDS);
		await tell(crowd, 'attack');
		const attacked = await load(helper, identifier, SECONDS);
		sent = await tell(crowd, 'rest');
		console.log(
			`  attacked ${attacked.perSecond.toFixed(0)}/s, p99 ${attacked.p99} ms; quiet ${quiet.perSecond.toFixed(0)}/s, p99 ${quiet.p99} ms`,
		);
		throughput.push(attacked.perSecond / quiet.perSecond);
	}
	const seconds = ROUNDS * SECONDS;
	console.log(
		`  attacks a second: ${((sent.aborted - warmUp.aborted) / seconds).toFixed(0)} aborted downloads of ten requests each, ${((sent.cookies - warmUp.cookies) / seconds).toFixed(0)} made-up cookies, and 100 slow readers`,
	);
	const ratio = median(throughput);
	console.log(
		`  throughput, attacked / quiet: ${ratio.toFixed(2)} (goal: at least ${MIN_THROUGHPUT}), ${ratio >= MIN_THROUGHPUT ? 'within the goal' : 'BELOW the goal'}`,
	);
}

async function load({ origin, site }: RunningHelper, identifier: string, duration: number) {
	const result = await autocannon({
		url: `${origin}/api/v1/resolve`,
		method: 'POST',
		headers: { authorization: `Bearer ${site.key}`, 'content-type': 'application/json' },
		body: JSON.stringify({ identifier }),
		connections: CONNECTIONS,
		duration,
	});
	if (result.non2xx > 0 || result.errors > 0) throw new Error('not every answer was 200');
	return { perSecond: result.requests.average, p99: result.latency.p99 };
}
