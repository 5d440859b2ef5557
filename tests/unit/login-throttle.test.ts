// Guessing is slow whatever the guesser does, and nobody else waits for it: each rule by a clock that is moved by hand.

import { describe, expect, test } from 'vitest';
import type { Resolved } from '../../src/gateway/ask-helper.ts';
import { createLoginThrottle, type LoginAttempt } from '../../src/gateway/login-throttle.ts';
import { createNewcomerQueue } from '../../src/gateway/newcomer-queue.ts';
import { createRecentPairs } from '../../src/gateway/recent-pairs.ts';

const MINUTE_MS = 60_000;
const RESOLVED: Resolved = { kind: 'resolved', servers: {} };

/** A throttle and a helper that knows the identifiers in `right`. */
function openThrottle({ resolvesPerSecond = 0, answerMs = 0 } = {}) {
	let now = 0;
	const timers: { at: number; run: () => void }[] = [];
	const after = (ms: number, run: () => void) => void timers.push({ at: now + ms, run });
	const right = new Set<string>();
	const asked: string[] = [];
	const counted: string[] = [];
	let isAway = false;
	const throttle = createLoginThrottle({
		askHelper: (identifier) => {
			asked.push(identifier);
			const kind = right.has(identifier) ? RESOLVED : ({ kind: 'unknown' } as const);
			const answer: Resolved = isAway ? { kind: 'unavailable', reason: 'test' } : kind;
			if (answerMs === 0) return Promise.resolve(answer);
			return new Promise((resolve) => after(answerMs, () => resolve(answer)));
		},
		clock: { now: () => now, after },
		resolvesPerSecond,
		onGuess: (guess) => counted.push(guess),
	});

	/** Runs what is due until then, in order. */
	async function pass(ms: number): Promise<void> {
		const end = now + ms;
		for (;;) {
			await settle();
			const next = timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
			if (next === undefined) break;
			timers.splice(timers.indexOf(next), 1);
			now = Math.max(now, next.at);
			next.run();
		}
		now = end;
	}

	function ask(identifier: string, from: Partial<LoginAttempt> = {}) {
		const attempt = {
			mailbox: 'm',
			clientAddress: '192.0.2.1',
			left: new AbortController().signal,
			...from,
		};
		const its: { kind?: string; at?: number } = {};
		void throttle
			.ask({ identifier, ...attempt })
			.then(({ kind }) => Object.assign(its, { kind, at: now }));
		return its;
	}
	return {
		...{ right, asked, counted, pass, ask },
		setAway: (away: boolean) => (isAway = away),
		waiting: () => throttle.waiting(),
	};
}

async function settle(): Promise<void> {
	for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}

describe('guesses for a mailbox from one address', () => {
	test('three are free; then each waits twice as long, up to 15 seconds', async () => {
		const { ask, asked, pass } = openThrottle();
		const took: number[] = [];
		for (let number = 0; number < 10; number += 1) {
			const begun = ask(`guess ${number}`);
			let ms = 0;
			while (begun.kind === undefined && ms < 60_000) {
				await pass(50);
				ms += 50;
			}
			took.push(Math.round(ms / 500) * 500);
		}
		expect(took).toEqual([0, 0, 0, 500, 1000, 2000, 4000, 8000, 15_000, 15_000]);
		expect(asked).toHaveLength(10);
	});

	test('that come all at once are counted before the first is answered', async () => {
		const { ask, asked, pass } = openThrottle({ answerMs: 1_000 });
		const guesses = Array.from({ length: 1_900 }, (_, number) => ask(`guess ${number}`));
		await pass(0);
		expect(asked, `${asked.length} of 1 900 were asked at once`).toHaveLength(3);
		await pass(MINUTE_MS);
		const away = guesses.filter(({ kind }) => kind === 'turned_away').length;
		expect(asked.length, `${asked.length} asked in a minute, ${away} turned away`).toBeLessThan(10);
	});

	test('slow down nobody at another address', async () => {
		const { right, ask, pass } = openThrottle();
		for (let number = 0; number < 100; number += 1) ask(`guess ${number}`);
		await pass(1_000);
		right.add('owner');
		const owner = ask('owner', { clientAddress: '198.51.100.7' });
		await pass(0);
		expect(owner.kind).toBe('resolved');
	});

	test('are forgotten after a quarter of an hour', async () => {
		const { ask, pass } = openThrottle();
		for (let number = 0; number < 5; number += 1) ask(`guess ${number}`);
		await pass(17 * MINUTE_MS);
		const next = ask('next');
		await pass(0);
		expect(next.kind).toBe('unknown');
	});
});

describe('guesses for many mailboxes from one address', () => {
	test('twenty are free; then they wait for one another', async () => {
		const { ask, asked, pass } = openThrottle();
		for (let number = 0; number < 500; number += 1)
			ask(`guess ${number}`, { mailbox: `${number}` });
		await pass(MINUTE_MS);
		expect(asked.length, `${asked.length} asked in a minute`).toBeLessThan(31);
	});

	test('grow with the mailboxes that work there: one in ten may be revoked', async () => {
		const { right, ask, pass } = openThrottle();
		for (let number = 0; number < 1_000; number += 1) right.add(`right ${number}`);
		for (const name of right) {
			ask(name, { mailbox: name });
			await settle();
		}
		const stale = Array.from({ length: 100 }, (_, number) =>
			ask(`stale ${number}`, { mailbox: `stale ${number}` }),
		);
		await pass(0);
		expect(stale.filter(({ kind }) => kind === 'unknown')).toHaveLength(100);
	});
});

describe('a success', () => {
	test('takes back itself and no guess', async () => {
		const { right, ask, asked, pass } = openThrottle();
		right.add('mine');
		for (let number = 0; number < 3; number += 1) ask(`guess ${number}`);
		for (let round = 0; round < 5; round += 1) {
			ask('mine');
			await pass(1_000);
		}
		const before = asked.length;
		for (let number = 10; number < 20; number += 1) ask(`guess ${number}`);
		await pass(0);
		expect(asked.length - before).toBeLessThanOrEqual(1);
	});

	test('lets the same identifier pass at the same address from then on, and at no other', async () => {
		const { right, ask, pass } = openThrottle();
		right.add('mine');
		ask('mine');
		await pass(0);
		const addresses = ['192.0.2.1', '198.51.100.7'];
		for (const clientAddress of addresses) {
			for (let number = 0; number < 30; number += 1) ask(`guess ${number}`, { clientAddress });
		}
		await pass(1_000);
		const [here, there] = addresses.map((clientAddress) => ask('mine', { clientAddress }));
		await pass(0);
		expect([here?.kind, there?.kind]).toEqual(['resolved', undefined]);
	});

	test('counts no more once the identifier was revoked', async () => {
		const { right, ask, asked, pass } = openThrottle();
		right.add('mine');
		ask('mine');
		await pass(0);
		right.delete('mine');
		for (let round = 0; round < 10; round += 1) {
			const revoked = ask('mine');
			await pass(100);
			expect(revoked.kind).toBe('unknown');
		}
		expect(asked).toHaveLength(2);
	});
});

describe('the same wrong identifier', () => {
	test('is one guess, however often and however many repeat it', async () => {
		const { right, ask, asked, pass } = openThrottle();
		for (let round = 0; round < 300; round += 1) {
			for (let client = 0; client < 6; client += 1) ask('revoked');
			await pass(1_000);
		}
		expect(asked.length, `${asked.length} questions in five minutes`).toBeLessThanOrEqual(5);
		right.add('other');
		const other = ask('other', { mailbox: 'other' });
		const sameMailbox = ask('another');
		await pass(0);
		expect([other.kind, sameMailbox.kind]).toEqual(['resolved', 'unknown']);
	});

	test('holds no place while it waits, and is told of when it was answered once', async () => {
		const { ask, asked, pass, waiting } = openThrottle();
		for (let number = 0; number < 4; number += 1) ask(`guess ${number}`);
		const repeats = Array.from({ length: 20 }, () => ask('guess 3'));
		await pass(0);
		expect(waiting()).toBe(1);
		await pass(1_000);
		expect(new Set(repeats.map(({ kind }) => kind))).toEqual(new Set(['unknown']));
		expect(asked).toHaveLength(4);
	});

	test('is asked once a minute: a helper that knows it again is believed', async () => {
		const { right, ask, pass } = openThrottle();
		ask('restored');
		await pass(1_000);
		right.add('restored');
		expect(ask('restored').kind).toBeUndefined();
		await pass(MINUTE_MS);
		const later = ask('restored');
		await pass(0);
		expect(later.kind).toBe('resolved');
	});
});

test('while the helper is down nothing is counted', async () => {
	const { ask, pass, setAway } = openThrottle();
	setAway(true);
	for (let number = 0; number < 50; number += 1) {
		ask(`identifier ${number}`);
		await pass(10);
	}
	setAway(false);
	const next = ask('next');
	await pass(0);
	expect(next.kind).toBe('unknown');
});

describe('those who are not known', () => {
	const START_OVER_MS = 11 * MINUTE_MS;

	test('share a twentieth of the rate, and half of the rate in the first ten minutes', async () => {
		const { ask, asked, pass } = openThrottle({ resolvesPerSecond: 200 });
		const flood = async (seconds: number) => {
			const before = asked.length;
			for (let second = 0; second < seconds; second += 1) {
				for (let number = 0; number < 400; number += 1) {
					const name = `${asked.length} ${second} ${number}`;
					ask(name, { mailbox: name, clientAddress: `address ${name}` });
				}
				await pass(1_000);
			}
			return (asked.length - before) / seconds;
		};
		const atStart = await flood(10);
		await pass(START_OVER_MS);
		const later = await flood(10);
		// What a second brings may be saved up.
		const figures = `${atStart}/s, then ${later}/s`;
		expect([atStart <= 110, atStart > 95, later <= 11, later > 9.5], figures).toEqual([
			true,
			true,
			true,
			true,
		]);
	});

	test('go in turn by address: one with a single login does not wait for thousands', async () => {
		const { right, ask, pass } = openThrottle({ resolvesPerSecond: 200 });
		await pass(START_OVER_MS);
		for (let number = 0; number < 5_000; number += 1) {
			ask(`guess ${number}`, { mailbox: `${number}`, clientAddress: `address ${number % 10}` });
		}
		await pass(1_000);
		right.add('newcomer');
		const newcomer = ask('newcomer', { clientAddress: '198.51.100.7' });
		await pass(2_000);
		expect(newcomer.kind, `after 2 s: ${newcomer.kind}`).toBe('resolved');
	});

	test('never hold up those who are', async () => {
		const { right, ask, pass } = openThrottle({ resolvesPerSecond: 1 });
		right.add('mine');
		ask('mine');
		await pass(1_000);
		for (let number = 0; number < 1_000; number += 1)
			ask(`guess ${number}`, { mailbox: `${number}` });
		for (let round = 0; round < 100; round += 1) {
			const mine = ask('mine');
			await pass(0);
			expect(mine.kind).toBe('resolved');
		}
	});

	test('are sent away after 45 seconds, and leave the queue with their connection', async () => {
		const { ask, counted, pass, waiting } = openThrottle({ resolvesPerSecond: 0.1 });
		await pass(START_OVER_MS);
		ask('first');
		const late = ask('second', { mailbox: 'second' });
		const leaving = new AbortController();
		ask('third', { mailbox: 'third', left: leaving.signal });
		await pass(100);
		expect(waiting()).toBe(2);
		leaving.abort();
		await pass(100);
		expect(waiting()).toBe(1);
		await pass(45_000);
		expect([late.kind, waiting()]).toEqual(['turned_away', 0]);
		const sentAway = counted.filter((guess) => guess === 'turned_away');
		expect(sentAway, 'who left is not counted').toHaveLength(1);
	});

	test('of whom forty come from one address after a start, one of them stale, are in at once', async () => {
		const { right, ask, pass } = openThrottle({ resolvesPerSecond: 200, answerMs: 50 });
		for (let number = 1; number < 40; number += 1) right.add(`mailbox ${number}`);
		const logins = Array.from({ length: 40 }, (_, number) =>
			ask(`mailbox ${number}`, { mailbox: `${number}` }),
		);
		await pass(5_000);
		const inAfter = logins
			.filter(({ kind }) => kind === 'resolved')
			.map(({ at }) => at ?? Infinity);
		expect(inAfter).toHaveLength(39);
		expect(Math.max(...inAfter), `the last was in after ${Math.max(...inAfter)} ms`).toBeLessThan(
			1_000,
		);
	});
});

test('a queue in which nobody’s time has come holds up nobody while there is budget', () => {
	let now = 0;
	const ticks: (() => void)[] = [];
	const clock = { now: () => now, after: (_ms: number, run: () => void) => void ticks.push(run) };
	// Half of it is for newcomers after a start: one each 67 ms.
	const queue = createNewcomerQueue(clock, 30);
	while (queue.tryPass());
	const ignored = { isGone: () => false, onTurn() {}, onGone() {}, onTurnedAway() {} };
	queue.wait({ clientAddress: '192.0.2.1', mailbox: 'm', dueAt: () => 10_000, ...ignored });
	now = 50;
	ticks.shift()?.();
	expect(queue.tryPass(), 'without budget').toBe(false);
	now = 70;
	expect(queue.tryPass(), 'with budget').toBe(true);
});

test('pairs are counted no longer than they live', () => {
	let now = 0;
	const pairs = createRecentPairs(() => now, { lifetimeMs: 1_000, max: 10 });
	pairs.add('a', ['key']);
	now = 600;
	pairs.add('b', ['key']);
	now = 1_100;
	expect(pairs.count('key')).toBe(1);
	now = 1_700;
	expect([pairs.count('key'), pairs.lastAt('key')]).toEqual([0, -Infinity]);
});
