// What is taken for Microsoft's answer in the fragment of the address, and which sign-in it names.

import { describe, expect, test } from 'vitest';
import { readReturnFragment } from '../../src/lib/browser/return-fragment.ts';

const id = 'AAAAAAAAAAAAAAAAAAAA_-';
const library = 'eyJpZCI6IjEifQ==';

describe('an answer of Microsoft', () => {
	test.each([
		['a code', `#code=1.AXX&state=${encodeURIComponent(`${library}|${id}`)}&session_state=x`, id],
		['without the sharp', `code=1.AXX&state=${encodeURIComponent(`${library}|${id}`)}`, id],
		['an error', `#error=access_denied&state=${encodeURIComponent(`${library}|${id}`)}`, id],
		['an empty code', `#code=&state=${encodeURIComponent(`${library}|${id}`)}`, id],
		['our own state alone', `#code=x&state=${id}`, id],
		['an unknown state', '#code=x&state=hello', undefined],
		['an empty state', '#code=x&state=', undefined],
		['an id that is too long', `#code=x&state=${id}A`, undefined],
		['an id with something behind it', `#code=x&state=${library}|${id}|x`, undefined],
		['a path in place of an id', '#code=x&state=x|../../../../admin/xxxx', undefined],
		['the word current', '#code=x&state=x|current', undefined],
	])('%s', (_name, fragment, signInId) => {
		expect(readReturnFragment(fragment)).toEqual({ fragment, signInId, visitId: undefined });
	});

	test.each([
		[`visit.${id}`, id],
		[`${library}|visit.${id}`, id],
		['visit.', undefined],
		[`visit.${id}A`, undefined],
		['visit.../../admin', undefined],
	])('to a visit: %s', (state, visitId) => {
		const fragment = `#code=x&state=${encodeURIComponent(state)}`;
		expect(readReturnFragment(fragment)).toEqual({ fragment, signInId: undefined, visitId });
	});
});

test.each([
	[''],
	['#'],
	['#top'],
	['#code=x'],
	[`#state=${id}`],
	[`#error_description=x&state=${id}`],
	['#%'],
	['#&&=&'],
])('%j is none', (fragment) => {
	expect(readReturnFragment(fragment)).toBeUndefined();
});

test('64 KB of code and state are read', () => {
	const fragment = `#code=${'%'.repeat(65_536)}&state=${'|'.repeat(65_536)}`;
	expect(readReturnFragment(fragment)).toBeDefined();
});
