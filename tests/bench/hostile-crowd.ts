// Who attacks in the benchmark, in a process of its own: downloads that are broken off, readers that never read, and
// made-up session cookies, each from an address of its own, at a bounded pace, between the messages `attack` and `rest`.

import { randomBytes } from 'node:crypto';
import { Agent, request } from 'node:http';
import type { Socket } from 'node:net';
import { abortDownload, askAndNeverRead } from '../support/hostile-client.ts';

const port = Number(process.argv[2]);
const path = process.argv[3] ?? '';

/** Ten requests each: a thousand a second. */
const ABORTED_A_SECOND = 100;
const SLOW_READERS = 100;
const COOKIES_A_SECOND = 100;
/** Of each kind: a server that falls behind is not buried in what nobody counts any more. */
const MAX_UNANSWERED = 50;
const TICK_MS = 20;

const agent = new Agent({ keepAlive: true });
let slowReaders: Socket[] = [];
let timers: NodeJS.Timeout[] = [];
const sent = { aborted: 0, cookies: 0 };

function attack(): void {
	slowReaders = Array.from({ length: SLOW_READERS }, () =>
		askAndNeverRead({ port, path, from: '127.0.0.3' }),
	);
	timers = [
		atPace(ABORTED_A_SECOND, () => {
			sent.aborted += 1;
			return abortDownload({ port, path, from: '127.0.0.2' });
		}),
		atPace(COOKIES_A_SECOND, () => {
			sent.cookies += 1;
			return askWithCookie('127.0.0.4');
		}),
	];
}

function rest(): void {
	for (const timer of timers) clearInterval(timer);
	for (const socket of slowReaders) socket.destroy();
}

function atPace(perSecond: number, send: () => Promise<void>): NodeJS.Timeout {
	let unanswered = 0;
	let due = 0;
	return setInterval(() => {
		due += (perSecond * TICK_MS) / 1_000;
		for (; due >= 1; due -= 1) {
			if (unanswered >= MAX_UNANSWERED) continue;
			unanswered += 1;
			void send().finally(() => (unanswered -= 1));
		}
	}, TICK_MS);
}

async function askWithCookie(from: string): Promise<void> {
	const cookie = `mailkey=${randomBytes(32).toString('base64url')}`;
	const asked = request({
		port,
		host: '127.0.0.1',
		localAddress: from,
		path: '/api/sign-ins/current',
		headers: { cookie },
		agent,
	});
	asked.on('error', () => undefined);
	asked.on('response', (answer) => answer.resume());
	asked.end();
	await new Promise((resolve) => asked.once('close', resolve));
}

process.on('message', (message) => {
	if (message === 'attack') attack();
	else rest();
	process.send?.(sent);
});
