// Lighthouse's points for speed, at the start page and at the result, as on a phone with a slow line. What does not
// depend on how busy this machine is, tests/browser/lighthouse.spec.ts asserts.

import { openLighthouse, scoreOf, shortcomings } from '../support/lighthouse.ts';
import { startTestPostgres } from '../support/postgres.ts';
import { startRunningHelper } from '../support/running-helper.ts';
import { median } from './median.ts';

const ROUNDS = 3;
const GOAL = 100;
const MAILBOX = 'equis@mycompany.com';

export async function run(): Promise<void> {
	const postgres = await startTestPostgres();
	const helper = await startRunningHelper(postgres.url);
	const lighthouse = await openLighthouse(helper);
	try {
		await measure('start page', () => lighthouse.startPage());
		await measure('result', () => lighthouse.resultPage(MAILBOX));
	} finally {
		await lighthouse.close();
		await helper.stop();
		await postgres.stop();
	}
}

type Look = ReturnType<Awaited<ReturnType<typeof openLighthouse>>['startPage']>;

async function measure(what: string, look: () => Look): Promise<void> {
	const results = [];
	for (let round = 0; round < ROUNDS; round += 1) results.push(await look());
	const scores = results.map((result) => scoreOf(result, 'performance'));
	const verdict = median(scores) >= GOAL ? 'within the goal' : 'UNDER the goal';
	console.log(`  ${what}, performance: ${median(scores)} (goal: ${GOAL}), ${verdict}`);
	for (const name of [
		'first-contentful-paint',
		'largest-contentful-paint',
		'total-blocking-time',
	]) {
		const values = results.map(({ audits }) => audits[name]?.numericValue ?? Number.NaN);
		console.log(`    ${name}: ${median(values).toFixed(0)} ms`);
	}
	const lacking = results.flatMap((result) => shortcomings(result, 'performance'));
	for (const line of new Set(lacking)) console.log(`    short of full points: ${line}`);
}
