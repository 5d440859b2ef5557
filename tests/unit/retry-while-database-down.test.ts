// What Microsoft has given waits for a database that is down, for minutes and in bounded number.

import { expect, test } from 'vitest';
import { MAX_HELD_ANSWERS } from '../../src/lib/server/durations.ts';
import { createLog } from '../../src/lib/server/log.ts';
import { retryWhileDatabaseDown } from '../../src/lib/server/retry-while-database-down.ts';

const DOWN = Object.assign(new Error('down'), { code: 'ECONNREFUSED' });

function contextWith(count: number) {
	let ms = 0;
	return {
		heldAnswers: { count },
		now: () => new Date(ms),
		sleep: (waitMs: number) => Promise.resolve(void (ms += waitMs)),
		log: createLog({ level: 'error' }),
		waitedMs: () => ms,
	};
}

test('it waits three minutes, and is counted meanwhile', async () => {
	const context = contextWith(0);
	const counts: number[] = [];
	const lost = retryWhileDatabaseDown(context, () => {
		counts.push(context.heldAnswers.count);
		return Promise.reject(DOWN);
	});
	await expect(lost).rejects.toBe(DOWN);
	expect(context.waitedMs()).toBe(180_000);
	expect(new Set(counts.slice(1))).toEqual(new Set([1]));
	expect(context.heldAnswers.count).toBe(0);
});

test('an outage has a line in the log at its begin and one at its end, however many answers wait', async () => {
	const context = contextWith(0);
	const lines: string[] = [];
	const destination = { write: (line: string) => void lines.push(line) };
	const log = createLog({ level: 'info', destination });
	const lost = Array.from({ length: 50 }, () => {
		let left = 20;
		const work = () => (left-- > 0 ? Promise.reject(DOWN) : Promise.resolve('stored'));
		return retryWhileDatabaseDown({ ...context, log, now: () => new Date(0) }, work);
	});
	expect(new Set(await Promise.all(lost))).toEqual(new Set(['stored']));
	expect(lines.map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual([
		'the database is down; answers wait to be stored',
		'no answer waits for the database any more',
	]);
});

test('beyond the bound none is held, so that the memory ends nowhere', async () => {
	const context = contextWith(MAX_HELD_ANSWERS);
	await expect(retryWhileDatabaseDown(context, () => Promise.reject(DOWN))).rejects.toBe(DOWN);
	expect(context.waitedMs()).toBe(0);
	expect(await retryWhileDatabaseDown(context, () => Promise.resolve('stored'))).toBe('stored');
});
