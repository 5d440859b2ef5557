// The rules and the board that operators take over: every metric and label value that they name is told, and each rule says
// what it is for.

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { createMetrics } from '../../src/lib/server/app/metrics.ts';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

const metrics = createMetrics(
	{
		tokenFigures: () =>
			Promise.resolve({
				// Nobody has to sign in again yet, and the rule wants to see the first.
				byState: new Map([['active', 1]]),
				oldestRefreshAgeSeconds: 1,
				lapsing: new Map([[30, 1]]),
				leased: 0,
			}),
		waitingEvents: () => Promise.resolve({ waiting: 1, oldestSeconds: 1 }),
		credentialEnds: () => Promise.resolve({ kind: 'certificate', at: new Date() }),
		failedMailboxes: () => Promise.resolve(new Map([['imap', 1]])),
		unopenable: () => Promise.resolve({ byKey: { k1: 1 }, isAll: false }),
	},
	{ withProcess: true },
);

test.each([
	['deploy/prometheus/alerts.yml', 5],
	['deploy/grafana/mailkey.json', 10],
])('every metric that %s names exists', async (file, least) => {
	const told = await metrics.text();
	const text = read(file).replaceAll('\\"', '"');
	const named = [...text.matchAll(/\b(mailkey_[a-z_]+)(?:\{(\w+)="(\w+)"\})?/g)];
	expect(named.length).toBeGreaterThanOrEqual(least);
	for (const [, name = '', label, value] of named) {
		const lines = told
			.split('\n')
			.filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
		const isThere = lines.some(
			(line) => label === undefined || line.includes(`${label}="${value}"`),
		);
		expect(isThere, `${name}${label === undefined ? '' : `{${label}="${value}"}`}`).toBe(true);
	}
});

test('the board is JSON whose panels each ask something', () => {
	const board = JSON.parse(read('deploy/grafana/mailkey.json')) as {
		panels: { title: string; targets: { expr: string }[] }[];
	};
	for (const { title, targets } of board.panels) {
		expect(targets.length, title).toBeGreaterThan(0);
	}
});

const PROMTOOL = '/usr/bin/promtool';

if (existsSync(PROMTOOL)) {
	test('each rule that compares or adds up says so when it is, and of many instances as of one', () => {
		const cases = new URL('../support/alert-cases.yml', import.meta.url).pathname;
		execFileSync(PROMTOOL, ['test', 'rules', cases], { stdio: 'pipe' });
	});
} else {
	test.skip(`skipped: there is no ${PROMTOOL} here`, () => undefined);
}
