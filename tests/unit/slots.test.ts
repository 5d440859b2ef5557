// Who gets a slot when there are few: an address that holds many gives up its oldest for one that holds fewer.

import { expect, test } from 'vitest';
import { createSlots, type Slot } from '../../src/gateway/slots.ts';

function openSlots(max: number) {
	const { take, ...its } = createSlots(max);
	const given: Slot[] = [];
	const closed: number[] = [];
	return {
		...its,
		closed,
		take(address: string): Slot | undefined {
			const number = given.length;
			const slot = take(address, () => closed.push(number));
			if (slot) given.push(slot);
			return slot;
		},
		takeMany: (count: number, address: string) =>
			Array.from({ length: count }, () => take(address, () => closed.push(-1))),
	};
}

test('one address may have all slots while nobody else comes, and none beyond them', () => {
	const { takeMany, take } = openSlots(10);
	expect(takeMany(10, 'a')).not.toContain(undefined);
	expect(take('a')).toBeUndefined();
});

test('the oldest of the address that holds most is closed for another address', () => {
	const { take, closed } = openSlots(3);
	for (const address of ['a', 'b', 'a']) take(address);
	expect(take('c')).toBeDefined();
	expect(closed).toEqual([0]);
});

test('nobody is closed for an address that would then hold as many', () => {
	const { take, closed } = openSlots(2);
	take('a');
	take('b');
	expect(take('c')).toBeUndefined();
	expect(closed).toEqual([]);
});

test('whoever has logged in keeps the slot', () => {
	const { take, loggedIn, closed } = openSlots(3);
	for (let count = 0; count < 3; count += 1) loggedIn(take('a')!);
	expect(take('b')).toBeUndefined();
	expect(closed).toEqual([]);
});

test('a slot that is free again is given anew, and counts once however often it is freed', () => {
	const { take, free } = openSlots(2);
	const [first, second] = [take('a')!, take('a')!];
	free(first);
	free(first);
	expect(take('a')).toBeDefined();
	expect(take('a')).toBeUndefined();
	free(second);
	expect(take('a')).toBeDefined();
});

test('every address gets its share, however many one of them asks for', () => {
	const { take, takeMany, closed } = openSlots(100);
	takeMany(100, 'attacker');
	const others = Array.from({ length: 90 }, (_, index) => take(`other ${index % 9}`));
	expect(others.filter((slot) => slot === undefined)).toEqual([]);
	expect(closed).toHaveLength(90);
});
