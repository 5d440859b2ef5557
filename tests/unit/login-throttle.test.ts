// Whoever guesses waits, longer each time, one after the other; and is forgotten after a while.

import { expect, test } from 'vitest';
import { createLoginThrottle } from '../../src/gateway/login-throttle.ts';

function openThrottle() {
	let now = 0;
	const slept: number[] = [];
	const throttle = createLoginThrottle(
		() => now,
		(ms) => (slept.push(ms), Promise.resolve()),
	);
	return { ...throttle, slept, pass: (ms: number) => (now += ms) };
}

test('three wrong logins are free; then each wait is twice as long, up to 15 seconds', async () => {
	const { wait, wrong, slept } = openThrottle();
	for (let guess = 0; guess < 10; guess += 1) {
		expect(await wait(['mailbox a'])).toBe(true);
		wrong(['mailbox a']);
	}
	expect(slept).toEqual([500, 1000, 2000, 4000, 8000, 15_000, 15_000]);
	await wait(['mailbox b']);
	expect(slept).toHaveLength(7);
});

test('of many at once the sixth is sent away', async () => {
	const { wait, wrong } = openThrottle();
	for (let guess = 0; guess < 3; guess += 1) wrong(['address x']);
	const turns = await Promise.all(Array.from({ length: 7 }, () => wait(['address x'])));
	expect(turns).toEqual([true, true, true, true, true, false, false]);
});

test('after a quarter of an hour without a wrong login nobody waits', async () => {
	const { wait, wrong, slept, pass } = openThrottle();
	for (let guess = 0; guess < 5; guess += 1) wrong(['address x']);
	pass(16 * 60_000);
	await wait(['address x']);
	expect(slept).toEqual([]);
});
