// No site has more than three logins at the mail servers at a time, and none waits for another site's.

import { setImmediate as nextTick } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createSiteSemaphore } from '../../src/lib/server/mailbox-checks/site-semaphore.ts';

/** Logins that end when told to, and how many are under way. */
function startLogins(count: number, siteId: number, turns = createSiteSemaphore()) {
	const running: (() => void)[] = [];
	let most = 0;
	const all = Array.from({ length: count }, () =>
		turns(siteId, async () => {
			await new Promise<void>((resolve) => {
				running.push(resolve);
				most = Math.max(most, running.length);
			});
		}),
	);
	return {
		running,
		most: () => most,
		async endAll() {
			while (running.length > 0) {
				running.shift()?.();
				await nextTick();
			}
			await Promise.all(all);
		},
	};
}

test('three logins of a site at a time, and all in the end', async () => {
	const logins = startLogins(8, 1);
	await nextTick();
	expect(logins.running).toHaveLength(3);
	await logins.endAll();
	expect(logins.most()).toBe(3);
});

test('another site does not wait for them', async () => {
	const turns = createSiteSemaphore();
	const busy = startLogins(8, 1, turns);
	const other = startLogins(2, 2, turns);
	await nextTick();
	expect(other.running).toHaveLength(2);
	await Promise.all([busy.endAll(), other.endAll()]);
});

test('a login that fails gives its turn on', async () => {
	const turns = createSiteSemaphore();
	const failing = Array.from({ length: 5 }, () =>
		turns(1, () => Promise.reject(new Error('no mail server'))),
	);
	await Promise.allSettled(failing);
	expect(await turns(1, () => Promise.resolve('in'))).toBe('in');
});
