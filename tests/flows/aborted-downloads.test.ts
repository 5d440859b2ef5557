// Downloads that are broken off, directly and through a reverse proxy, leave nothing behind in the server. The system
// tells what the process holds, so this runs on Linux alone. `ABORTED_REQUESTS=10000` breaks off more.

import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { ensureBuilt } from '../../scripts/build.js';
import { abortDownloads } from '../support/hostile-client.ts';
import { figuresOf } from '../support/process-figures.ts';
import { startRunningHelper, type RunningHelper } from '../support/running-helper.ts';
import { largestAsset } from '../support/largest-asset.ts';
import { startStreamingProxy, type StreamingProxy } from '../support/streaming-proxy.ts';

const REQUESTS = Number(process.env['ABORTED_REQUESTS'] ?? 3_000);
const WARM_UP_REQUESTS = 3_000;
const MAX_MORE_DESCRIPTORS = 20;
const MAX_MEMORY_RATIO = 1.1;
/** Requests in hand would be waited for twice as long. */
const MAX_STOP_MS = 15_000;

describe.runIf(process.platform === 'linux')('downloads that are broken off', () => {
	let helper: RunningHelper;
	let proxy: StreamingProxy;
	let path: string;

	beforeAll(async () => {
		await ensureBuilt();
		helper = await startRunningHelper(inject('postgresUrl'));
		proxy = await startStreamingProxy(Number(new URL(helper.origin).port));
		path = largestAsset();
	}, 120_000);
	afterAll(async () => {
		await proxy.stop();
		await helper.stop();
	});

	test('leave neither descriptors nor memory behind, directly or through a proxy', async () => {
		const targets = [Number(new URL(helper.origin).port), proxy.port].map((port) => ({
			port,
			path,
		}));
		const fresh = await figuresOf(helper.pid());
		// What is loaded and compiled for the first requests is no leak of memory.
		for (const target of targets) await abortDownloads(target, WARM_UP_REQUESTS);
		const warm = await figuresOf(helper.pid());
		for (const target of targets) await abortDownloads(target, REQUESTS / 2);
		const leftBehind = async () => {
			const now = await figuresOf(helper.pid());
			const isBack =
				now.descriptors - fresh.descriptors <= MAX_MORE_DESCRIPTORS &&
				now.megabytes / warm.megabytes <= MAX_MEMORY_RATIO;
			return isBack ? 'nothing' : `${REQUESTS} requests: ${JSON.stringify({ fresh, warm, now })}`;
		};
		await expect.poll(leftBehind, { timeout: 5_000 }).toBe('nothing');
		expect((await fetch(`${helper.origin}/healthz`)).status).toBe(200);
	}, 120_000);

	test(
		'are not waited for when the server is told to stop',
		async () => {
			expect(await helper.terminate()).toBe(0);
		},
		MAX_STOP_MS,
	);
});
