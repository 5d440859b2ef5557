// The check that every test which docs/security.md names is there.

import { expect, test } from 'vitest';
import { namedTestFaults } from '../../scripts/named-tests.js';

const read = (file: string) => (file === 'tests/a.test.ts' ? `test('holds', () => {});` : '');

test.each([
	['| T1 | a threat | a defence | `tests/a.test.ts` › holds |', []],
	[
		'| T1 | a threat | a defence | `tests/a.test.ts` › holds; `tests/a.test.ts` › is gone |',
		['is gone'],
	],
	['| T1 | a threat | a defence | `tests/b.test.ts` › holds |', ['tests/b.test.ts']],
	['| T1 | a threat | a defence | |', ['T1 names no test']],
	['', ['no threat is listed']],
])('%j', (text, expected) => {
	const faults = namedTestFaults(text, read);
	expect(faults).toHaveLength(expected.length);
	expected.forEach((words, index) => expect(faults[index]).toContain(words));
});
