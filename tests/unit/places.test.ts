// Who gets a place when there are few: an address that holds many gives up its oldest for one that holds fewer.

import { expect, test } from 'vitest';
import { createPlaces, type Place } from '../../src/gateway/places.ts';

function openPlaces(max: number) {
	const { take, ...its } = createPlaces(max);
	const given: Place[] = [];
	const closed: number[] = [];
	return {
		...its,
		closed,
		take(network: string): Place | undefined {
			const number = given.length;
			const place = take(network, () => closed.push(number));
			if (place) given.push(place);
			return place;
		},
		takeMany: (count: number, network: string) =>
			Array.from({ length: count }, () => take(network, () => closed.push(-1))),
	};
}

test('one address may have all places while nobody else comes, and none beyond them', () => {
	const { takeMany, take } = openPlaces(10);
	expect(takeMany(10, 'a')).not.toContain(undefined);
	expect(take('a')).toBeUndefined();
});

test('the oldest of the address that holds most is closed for another address', () => {
	const { take, closed } = openPlaces(3);
	for (const network of ['a', 'b', 'a']) take(network);
	expect(take('c')).toBeDefined();
	expect(closed).toEqual([0]);
});

test('nobody is closed for an address that would then hold as many', () => {
	const { take, closed } = openPlaces(2);
	take('a');
	take('b');
	expect(take('c')).toBeUndefined();
	expect(closed).toEqual([]);
});

test('whoever has logged in keeps the place', () => {
	const { take, loggedIn, closed } = openPlaces(3);
	for (let count = 0; count < 3; count += 1) loggedIn(take('a')!);
	expect(take('b')).toBeUndefined();
	expect(closed).toEqual([]);
});

test('a place that is free again is given anew, and counts once however often it is freed', () => {
	const { take, free } = openPlaces(2);
	const [first, second] = [take('a')!, take('a')!];
	free(first);
	free(first);
	expect(take('a')).toBeDefined();
	expect(take('a')).toBeUndefined();
	free(second);
	expect(take('a')).toBeDefined();
});

test('every address gets its share, however many one of them asks for', () => {
	const { take, takeMany, closed } = openPlaces(100);
	takeMany(100, 'attacker');
	const others = Array.from({ length: 90 }, (_, index) => take(`other ${index % 9}`));
	expect(others.filter((place) => place === undefined)).toEqual([]);
	expect(closed).toHaveLength(90);
});
