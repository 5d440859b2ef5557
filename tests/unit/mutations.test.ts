// What keeps the table of mutations true without running it.

import { expect, test } from 'vitest';
import { mutate, mutationFaults, rowFaults } from '../../scripts/mutations-check.js';

const mutation = {
	row: 'T1',
	defence: 'the guard',
	file: 'a.ts',
	search: 'guard();',
	replace: '',
	test: ['a.test.ts', 'is guarded'] as [string, string],
};
const files: Record<string, string> = {
	'a.ts': 'guard(); work();',
	'a.test.ts': "test('is guarded', run)",
};

function faultsWith(changes: Record<string, string>): string[] {
	return mutationFaults([mutation], (file) => ({ ...files, ...changes })[file] ?? '');
}

test('a defence is taken away where its text stands once, and nowhere else', () => {
	expect(mutate(files['a.ts'] ?? '', mutation)).toBe(' work();');
	for (const source of ['work();', 'guard(); guard();']) {
		expect(() => mutate(source, mutation)).toThrow(/exactly once/);
	}
});

test('a text that is gone or there twice, and a test that is gone, are faults', () => {
	expect(faultsWith({})).toEqual([]);
	expect(faultsWith({ 'a.ts': 'work();' })).toEqual(['T1, the guard: a.ts has its text 0 times.']);
	expect(faultsWith({ 'a.ts': 'guard(); guard();' })).toHaveLength(1);
	expect(faultsWith({ 'a.test.ts': '' })).toEqual(['T1: a.test.ts has no test “is guarded”.']);
});

test('each row of the tables has a mutation or a reason, and none is for a row that is gone', () => {
	const text =
		'| # | threat |\n| --- | --- |\n| T1 | x |\n| T10 | y |\n\n| what |\n| --- |\n| sealing, and more |\n';
	expect(rowFaults(text, ['T1', 'T10', 'sealing'])).toEqual([]);
	expect(rowFaults(text, ['T1', 'sealing'])).toEqual([expect.stringContaining('“T10” has no')]);
	expect(rowFaults(text, ['T1', 'T10', 'sealing', 'T2'])).toEqual([
		'docs/security.md has no row “T2”.',
	]);
});
