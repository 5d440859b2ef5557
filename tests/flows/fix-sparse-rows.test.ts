// What PostgreSQL answered is read whole. postgres.js writes the rows of a statement behind those of the one
// before it on the same connection when that one broke off between two rows (its issues 1119 and 1181).

import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { connectDatabase } from '../../src/lib/server/database/connection.ts';
import { createTestDatabase } from '../support/database.ts';

let connection: ReturnType<typeof connectDatabase>;

beforeAll(async () => {
	connection = connectDatabase(await createTestDatabase());
});

afterAll(() => connection.close());

test('of a statement by hand, after one that broke off', async () => {
	await breakOff();
	const answers = await every(() => connection.sql<{ n: number }[]>`select ${7}::int as n`);
	for (const answer of answers) expect(answer).toEqual([{ n: 7 }]);
});

test('of a statement by Drizzle, after one that broke off', async () => {
	await breakOff();
	const answers = await every(() => connection.database.execute(sql`select ${7}::int as n`));
	for (const answer of answers) expect([...answer]).toEqual([{ n: 7 }]);
});

test('of a query built by Drizzle, after one that broke off', async () => {
	await breakOff();
	const answers = await every(() =>
		connection.database.select({ n: sql<number>`7` }).from(sql`(select 1) as one`),
	);
	for (const answer of answers) expect(answer).toEqual([{ n: 7 }]);
});

test('of a statement after one that broke off within a long answer, without a wait', async () => {
	await breakOff(30_000);
	const before = performance.now();
	const answers = await every(() => connection.sql<{ n: number }[]>`select ${7}::int as n`);
	const tookMs = performance.now() - before;
	for (const answer of answers) expect(answer).toEqual([{ n: 7 }]);
	expect(tookMs, `${tookMs} ms for 300 000 rows that were missing`).toBeLessThan(2_000);
});

/** Some rows come, then the statement fails. */
async function breakOff(rows = 1): Promise<void> {
	await Promise.all(
		Array.from({ length: 10 }, () =>
			expect(
				connection.sql`select 1 / (${rows + 1}::int - i) from generate_series(1, ${rows + 4}::int) as i`,
			).rejects.toThrow('division by zero'),
		),
	);
}

/** On each connection of the pool. */
function every<T>(ask: () => Promise<T>): Promise<T[]> {
	return Promise.all(Array.from({ length: 20 }, ask));
}
