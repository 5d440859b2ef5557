// Look-ups that find nothing are charged to whoever asks, and take nothing from those whose look-ups find something.

import { expect, test } from 'vitest';
import { findSession } from '../../src/lib/server/app/guarded-services.ts';
import { clientAddressOf } from '../../src/lib/server/client-address.ts';
import { createLookUpGuard } from '../../src/lib/server/limits/look-up-guard.ts';
import { createTokenBuckets } from '../../src/lib/server/limits/token-buckets.ts';
import type { Session } from '../../src/lib/server/owners/sessions.ts';

const clock = () => 0;
const addressOf = (text: string) => clientAddressOf(text);
const nothing = () => Promise.resolve(undefined);

test('what was known and is gone is charged to the IPv6 /48 too', async () => {
	const guard = createLookUpGuard('on', clock);
	const networks = Array.from({ length: 11 }, (_, index) => addressOf(`2001:db8:1:${index}::1`));
	for (const [index, address] of networks.slice(0, 10).entries()) {
		for (let number = 0; number < 100; number += 1) {
			guard.remember(`${index} ${number}`);
			await guard.lookUp(address, `${index} ${number}`, nothing);
		}
	}
	const next = guard.lookUp(networks[10]!, 'made up', nothing);
	await expect(next).rejects.toMatchObject({ code: 'too_many_requests' });
});

test('made-up sessions push out no limit of a session that there is', async () => {
	const session: Session = {
		id: 'real',
		visitorId: 'v',
		access: 'full',
	};
	const services = {
		sessions: {
			cookieName: 'c',
			idOf: (cookie: string | undefined) => cookie,
			find: (id: string) => Promise.resolve(id === 'real' ? session : undefined),
			issue: () => Promise.reject(new Error('nobody signs in here')),
			end: () => Promise.reject(new Error('nobody signs out here')),
		},
		lookUps: createLookUpGuard('on', clock),
		bySession: createTokenBuckets({ perSecond: 1, burst: 10 }, clock),
	};
	const flood = addressOf('192.0.2.1');
	const ask = () => findSession(services, 'real', flood);
	for (let request = 0; request < 11; request += 1) expect(await ask()).toBe(session);
	await expect(ask()).rejects.toMatchObject({ code: 'too_many_requests' });
	for (let number = 0; number < 20_001; number += 1) {
		const address = addressOf(`10.${number >> 14}.${(number >> 6) & 255}.1`);
		await findSession(services, `made up ${number}`, address);
	}
	await expect(ask()).rejects.toMatchObject({ code: 'too_many_requests' });
});
