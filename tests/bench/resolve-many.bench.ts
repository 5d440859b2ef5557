// Resolving live tokens where few and where many are stored, each request another one: what is stored must not be felt.
// `STORED=1000000 npm run bench -- resolve-many` compares with another number than 100 000.

import autocannon from 'autocannon';
import { startTestPostgres } from '../support/postgres.ts';
import { startRunningHelper, type RunningHelper } from '../support/running-helper.ts';
import { insertTokens } from '../support/vault-many.ts';
import { median } from './median.ts';

const FEW = 1_000;
const MANY = Number(process.env['STORED'] ?? 100_000);
const ROUNDS = 5;
const SECONDS = 5;
const PER_SECOND = 300;
const CONNECTIONS = 16;
const MAX_LATENCY = 1.2;

type Target = { helper: RunningHelper; ids: readonly number[] };

export async function run(): Promise<void> {
	const postgres = await startTestPostgres();
	const targets: Target[] = [];
	try {
		for (const count of [FEW, MANY]) targets.push(await store(postgres.url, count));
		const [few, many] = targets;
		if (few && many) await compare(few, many);
	} finally {
		for (const { helper } of targets) await helper.stop();
		await postgres.stop();
	}
}

async function store(postgresUrl: string, count: number): Promise<Target> {
	const helper = await startRunningHelper(postgresUrl, {
		LIMITS: 'resolve=0',
		LOG_LEVEL: 'warn',
	});
	const [, tokenKey = ''] = helper.ownSecrets;
	const { ids } = await insertTokens(helper.sql, {
		siteId: helper.site.id,
		count,
		tokenKeys: `test:${tokenKey}`,
		at: new Date(),
		lifeSeconds: 86_400,
	});
	await helper.sql`vacuum analyze stored_tokens`;
	console.log(`  ${count} tokens are stored`);
	return { helper, ids };
}

/** In turns, so that a slow moment of the machine hits both. */
async function compare(few: Target, many: Target): Promise<void> {
	await load(few);
	await load(many);
	const ratios: number[] = [];
	for (let round = 0; round < ROUNDS; round += 1) {
		const withFew = await load(few);
		const withMany = await load(many);
		console.log(
			`  ${few.ids.length}: p50 ${withFew.p50} ms, p99 ${withFew.p99} ms; ${many.ids.length}: p50 ${withMany.p50} ms, p99 ${withMany.p99} ms`,
		);
		ratios.push(withMany.p99 / withFew.p99);
	}
	const ratio = median(ratios);
	console.log(
		`  p99, many / few: ${ratio.toFixed(2)} (goal: at most ${MAX_LATENCY}), ${ratio <= MAX_LATENCY ? 'within the goal' : 'OVER the goal'}`,
	);
}

async function load({ helper, ids }: Target) {
	let turn = 0;
	const result = await autocannon({
		url: `${helper.origin}/api/v1/resolve`,
		connections: CONNECTIONS,
		overallRate: PER_SECOND,
		duration: SECONDS,
		requests: [
			{
				method: 'POST',
				headers: {
					authorization: `Bearer ${helper.site.key}`,
					'content-type': 'application/json',
				},
				setupRequest(request) {
					// A step that has no factor in common with the number: all over the table, each in its turn.
					turn = (turn + 7_919) % ids.length;
					const id = ids[turn] ?? 0;
					const identifier = `ExternalOAuthToken:${id}:box-${id}@mycompany.com`;
					return { ...request, body: JSON.stringify({ identifier }) };
				},
			},
		],
	});
	if (result.non2xx > 0 || result.errors > 0) throw new Error('not every answer was 200');
	return { p50: result.latency.p50, p99: result.latency.p99 };
}
