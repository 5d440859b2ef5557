// What a practice helper keeps in its folder, with several commands at work on it at once.

import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadPracticeKeys } from '../../src/practice/microsoft/keys.ts';
import { hasOutage, setOutage } from '../../src/practice/microsoft/outages.ts';
import { writeOnce, writeWhole } from '../../src/practice/whole-file.ts';

const NOW = new Date('2026-11-26T10:00:00Z');
const UNTIL = new Date('2026-11-26T10:10:00Z');

let folder: string;

beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), 'mailkey-practice-files-'));
});
afterEach(() => rm(folder, { recursive: true }));

const several = <Result>(count: number, work: (index: number) => Promise<Result>) =>
	Promise.all(Array.from({ length: count }, (_, index) => work(index)));

test('practice Microsofts that start at once in an empty folder have the same keys', async () => {
	const started = await several(4, () => loadPracticeKeys(folder));
	const keys = started.map(({ sealingKey }) => Buffer.from(sealingKey).toString('hex'));
	expect(new Set(keys).size).toBe(1);
});

test('a code is redeemed once, whichever of several practice Microsofts is asked', async () => {
	const started = await several(4, () => loadPracticeKeys(folder));
	const spend = (id: string) =>
		Promise.all(started.map(({ spendOnce }) => spendOnce(id, UNTIL, NOW)));
	const answers = await several(10, (index) => spend(`code ${index}/..`));
	expect(answers.map((of) => of.filter(Boolean).length)).toEqual(Array(10).fill(1));
	const later = await loadPracticeKeys(folder);
	expect(await later.spendOnce('code 3/..', UNTIL, NOW)).toBe(false);
	const afterwards = new Date(UNTIL.getTime() + 1);
	await later.spendOnce('another', afterwards, afterwards);
	expect(await readdir(join(folder, 'spent-codes'))).toHaveLength(1);
});

test('outages that are set at once are all there, and end one by one', async () => {
	const account = (index: number) => `box${index}@mycompany.com`;
	await several(12, (index) => setOutage(folder, account(index), true));
	await several(6, (index) => setOutage(folder, account(index), false));
	expect(await several(12, (index) => hasOutage(folder, account(index)))).toEqual([
		...Array<boolean>(6).fill(false),
		...Array<boolean>(6).fill(true),
	]);
});

test('a file is found whole while several write it, and made once by the first', async () => {
	const path = join(folder, 'whole');
	const texts = Array.from({ length: 8 }, (_, index) => String(index).repeat(100_000));
	const firsts = await Promise.all(texts.map((text) => writeOnce(path, text, { mode: 0o600 })));
	expect(firsts.filter(Boolean)).toHaveLength(1);
	const written = Promise.all(texts.map((text) => writeWhole(path, text, { mode: 0o600 })));
	const found = await several(40, () => readFile(path, 'utf8'));
	expect(found.every((text) => texts.includes(text))).toBe(true);
	await written;
	expect(await readdir(folder)).toEqual(['whole']);
});
