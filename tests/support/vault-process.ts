// A process of the helper with the site API alone: what the tests of several processes start, stop and kill. It is told
// over IPC where to stand still or die; what is done for that is done around the app, never in it.
// Use: node --import tsx vault-process.ts, with an IPC channel and the configuration in the environment.

import type { RequestListener } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RefreshDurations } from '../../src/lib/server/durations.ts';
import type { KillPoint } from './vault-kill-points.ts';
import { openInstance, type VaultInstance } from './vault-instance.ts';

export type Order =
	| { order: 'open'; environment: Record<string, string>; durations: Partial<RefreshDurations> }
	| { order: 'kill_at'; point: KillPoint }
	/** The next answer of Microsoft's is there, and the helper hears of it so much later. */
	| { order: 'hold_answer'; ms: number };

export type Report = { report: 'open'; url: string } | { report: 'log'; line: string };

let killAt: KillPoint | undefined;
let holdAnswerMs = 0;
let instance: VaultInstance | undefined;

process.on('message', (order: Order) => void obey(order));
process.on('disconnect', () => process.exit(0));

async function obey(order: Order): Promise<void> {
	if (order.order === 'kill_at') killAt = order.point;
	else if (order.order === 'hold_answer') holdAnswerMs = order.ms;
	else await open(order);
}

async function open({ environment, durations }: Extract<Order, { order: 'open' }>): Promise<void> {
	await instance?.close();
	instance = openInstance({ environment, durations, log, fetch: fetchOrDie, front: replyOrDie });
	await instance.app.measureClock();
	say({ report: 'open', url: await instance.url() });
}

function say(report: Report): void {
	process.send?.(report);
}

/** Nothing of this process is run any more after this line. */
function dieAt(point: KillPoint): void {
	if (killAt === point) process.kill(process.pid, 'SIGKILL');
}

/** The lease is taken before Microsoft is asked, so the request is where to die with nothing but the lease. */
async function fetchOrDie(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
	dieAt('lease taken');
	// Long enough to be sent, and shorter than the answer takes in that test.
	setTimeout(() => dieAt('request sent'), 400);
	const response = await fetch(input, init);
	const body = await response.text();
	dieAt('answer received');
	await sleep(holdAnswerMs);
	holdAnswerMs = 0;
	return new Response(body, { status: response.status, headers: response.headers });
}

function log(line: string): void {
	if (line.includes('token refreshed')) dieAt('committed');
	say({ report: 'log', line });
}

/** Head and body leave together, at the end. */
function replyOrDie(handler: RequestListener): RequestListener {
	return (request, response) => {
		const end: (text: unknown) => typeof response = response.end.bind(response);
		response.end = (text?: unknown) => {
			if (response.statusCode === 200) dieAt('before the reply');
			return end(text);
		};
		handler(request, response);
	};
}
