// Twenty organisations at one helper, five of them in trouble at Microsoft: what it does to the other fifteen, and what the
// operator is told. Microsoft answers each token by whose it is.

import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createMigratedDatabase } from '../support/database.ts';
import type { VaultInstance } from '../support/vault-instance.ts';
import { connectMailbox, type ConnectedMailbox } from '../support/vault-mailbox.ts';
import { openVaultWorld, type VaultWorld } from '../support/vault-world.ts';

type Refusal = { status?: number; error: string; number: number; isBeside?: boolean };

const SICK = 5;
const MINUTES = 8;

let world: VaultWorld;
const mailboxes: ConnectedMailbox[] = [];
/** Which mailbox a refresh token belongs to, as Microsoft gave it at the sign-in. */
const ownerOf = new Map<string, number>();
let refusalFor: (mailbox: number) => Refusal | undefined = () => undefined;

const microsoft: typeof fetch = async (input, init) => {
	const body = init?.body instanceof URLSearchParams ? init.body : new URLSearchParams();
	if (body.get('grant_type') === 'refresh_token') {
		return refreshed(refusalFor(ownerOf.get(body.get('refresh_token') ?? '') ?? -1));
	}
	const answer = await fetch(input, init);
	if (body.get('grant_type') !== 'authorization_code') return answer;
	const tokens = (await answer.clone().json()) as { refresh_token: string };
	ownerOf.set(tokens.refresh_token, mailboxes.length);
	return answer;
};

function refreshed(refusal: Refusal | undefined): Response {
	if (refusal === undefined) {
		return Response.json({ token_type: 'Bearer', expires_in: 3600, access_token: randomUUID() });
	}
	const { status = 400, error, number, isBeside } = refusal;
	const description = isBeside ? 'No.' : `AADSTS${number}: No.`;
	const body = { error, error_description: description, error_codes: [number] };
	return Response.json(body, { status });
}

beforeAll(async () => {
	world = await openVaultWorld(await createMigratedDatabase());
	const instance = world.open({ fetch: microsoft });
	while (mailboxes.length < 20) {
		const mailbox = await connectMailbox(world, instance);
		mailboxes.push(mailbox);
		await world.sql`update stored_tokens set tenant_id = ${randomUUID()} where id = ${mailbox.number}`;
	}
	await instance.close();
});
beforeEach(async () => {
	world.clock.reset();
	refusalFor = () => undefined;
	await world.sql`
		update stored_tokens set state = 'active', retry_at = null, refresh_started_at = null, failures = 0,
			refused_at = null, problem_code = null, problem_reference = null`;
});
afterAll(() => world.close());

const expireAll = () =>
	world.sql`update stored_tokens set access_token_expires_at = ${world.clock.now()}`;

/** A minute after the last, every token has ended, and all are asked for, those in trouble first. */
async function minutePasses(instance: VaultInstance): Promise<number[]> {
	world.clock.advance(61_000);
	await expireAll();
	const statuses: number[] = [];
	for (const mailbox of mailboxes)
		statuses.push((await mailbox.resolve(undefined, instance)).status);
	return statuses;
}

function alarmsSince(before: number): { alarm: string; msg: string }[] {
	return world.logged
		.slice(before)
		.map((line) => JSON.parse(line) as { alarm?: string; msg: string })
		.flatMap(({ alarm, msg }) => (alarm === undefined ? [] : [{ alarm, msg }]));
}

const NUMBER_OF_NOBODY = 7_999_991;

test.each<[string, Refusal, { state: string; code: string; alarms: string[] }]>([
	[
		'the application is missing there',
		{ status: 401, error: 'invalid_client', number: 7000229 },
		{ state: 'degraded', code: 'request_not_accepted', alarms: [] },
	],
	[
		'the organisation is in an unmanaged state',
		{ status: 401, error: 'invalid_client', number: 650051 },
		{ state: 'degraded', code: 'request_not_accepted', alarms: [] },
	],
	[
		'and the number stands beside the text alone',
		{ status: 401, error: 'invalid_client', number: 7000229, isBeside: true },
		{ state: 'degraded', code: 'request_not_accepted', alarms: [] },
	],
	[
		'there is no mail service',
		{ status: 401, error: 'invalid_client', number: 650052 },
		{ state: 'degraded', code: 'request_not_accepted', alarms: [] },
	],
	[
		'the subscription has lapsed',
		{ error: 'invalid_resource', number: 500014 },
		{ state: 'degraded', code: 'request_not_accepted', alarms: [] },
	],
	[
		'the application is switched off there',
		{ error: 'unauthorized_client', number: 7000112 },
		{ state: 'degraded', code: 'request_not_accepted', alarms: [] },
	],
	[
		'a rule asks for a device',
		{ error: 'invalid_grant', number: 530003 },
		{ state: 'sign_in_required', code: 'sign_in_required', alarms: [] },
	],
	[
		'all sessions were ended',
		{ error: 'invalid_grant', number: 50173 },
		{ state: 'sign_in_required', code: 'sign_in_required', alarms: [] },
	],
	[
		'Microsoft throttles them',
		{ status: 429, error: 'temporarily_unavailable', number: 90055 },
		{ state: 'degraded', code: 'microsoft_throttles', alarms: [] },
	],
	[
		'a number that nobody knows',
		{ status: 401, error: 'invalid_client', number: NUMBER_OF_NOBODY },
		{ state: 'degraded', code: 'request_not_accepted', alarms: ['unknown_refusal'] },
	],
])('five of twenty organisations, %s: no other mailbox waits', async (_, refusal, expected) => {
	const instance = world.open({ fetch: microsoft });
	const before = world.logged.length;
	refusalFor = (mailbox) => (mailbox < SICK ? refusal : undefined);
	for (let minute = 1; minute <= MINUTES; minute += 1) {
		const statuses = await minutePasses(instance);
		const others = statuses.slice(SICK).filter((status) => status !== 200);
		expect(others, `of 15 others in minute ${minute}`).toEqual([]);
		expect(statuses.slice(0, SICK).filter((status) => status === 200)).toEqual([]);
	}
	for (const mailbox of mailboxes.slice(0, SICK)) {
		expect(await mailbox.row()).toMatchObject({
			state: expected.state,
			problem_code: expected.code,
			problem_reference: { code: `AADSTS${refusal.number}` },
		});
	}
	expect(alarmsSince(before).map(({ alarm }) => alarm)).toEqual(expected.alarms);
	await instance.close();
});

test.each([
	[{ error: 'invalid_grant', number: 50057 }, 409, 'The account is switched off'],
	[{ error: 'invalid_grant', number: 50158 }, 409, 'Another service still has to confirm'],
	[{ error: 'invalid_resource', number: 500014 }, 503, 'The mail service is switched off'],
])('%o: resolve and the list of tokens tell it alike', async (refusal, status, title) => {
	const instance = world.open({ fetch: microsoft });
	const { identifier, site, ...mailbox } = mailboxes[0]!;
	refusalFor = (owner) => (owner === 0 ? refusal : undefined);
	for (let minute = 0; minute < MINUTES; minute += 1) await minutePasses(instance);
	const resolved = await mailbox.resolve(undefined, instance);
	const { body } = await instance.ask('/api/v1/tokens', site.key);
	const tokens = body['tokens'] as { identifier: string; last_problem: object }[];
	const listed = tokens.find((token) => token.identifier === identifier)?.last_problem;
	for (const told of [resolved.body['problem'], listed]) {
		expect(told).toMatchObject({
			title: expect.stringContaining(title) as string,
			reference: { code: `AADSTS${refusal.number}` },
		});
	}
	expect(resolved.status).toBe(status);
	await instance.close();
});

test('a number that nobody knows, from one organisation alone, is no alarm', async () => {
	const instance = world.open({ fetch: microsoft });
	const before = world.logged.length;
	const [first, second] = mailboxes;
	await world.sql`
		update stored_tokens set tenant_id = (select tenant_id from stored_tokens where id = ${first!.number})
		where id = ${second!.number}`;
	refusalFor = (mailbox) =>
		mailbox < 2 ? { error: 'invalid_grant', number: NUMBER_OF_NOBODY } : undefined;
	for (let minute = 0; minute < MINUTES; minute += 1) await minutePasses(instance);
	expect(alarmsSince(before)).toEqual([]);
	await world.sql`update stored_tokens set tenant_id = ${randomUUID()} where id = ${second!.number}`;
	await instance.close();
});

test('of organisations in every kind of trouble at once, none holds up another', async () => {
	const instance = world.open({ fetch: microsoft });
	const before = world.logged.length;
	const numbers = [7000229, 650052, 500014, 53003, 70011];
	refusalFor = (mailbox) => {
		const number = numbers[mailbox];
		return number === undefined ? undefined : { status: 401, error: 'invalid_client', number };
	};
	for (let minute = 0; minute < MINUTES; minute += 1) {
		expect((await minutePasses(instance)).slice(SICK)).toEqual(Array(15).fill(200));
	}
	expect(alarmsSince(before)).toEqual([]);
	await instance.close();
});

test.each([
	[7000222, 'its client secret has expired'],
	[7000215, 'its client secret has the wrong value'],
	[7000218, 'held no client secret'],
	[700027, 'its certificate is not the one that is registered'],
	[700024, 'the clock is wrong by which it dates what it signs'],
])('our own credential with AADSTS%i is told as what it is', async (number, words) => {
	const instance = world.open({ fetch: microsoft });
	const before = world.logged.length;
	refusalFor = () => ({ status: 401, error: 'invalid_client', number });
	expect(new Set(await minutePasses(instance))).toEqual(new Set([503]));
	const alarms = alarmsSince(before);
	expect(alarms).toMatchObject([{ alarm: 'client_credential' }]);
	expect(alarms[0]!.msg).toContain(words);
	expect(await world.sql`select 1 from stored_tokens where state <> 'active'`).toHaveLength(0);
	await instance.close();
});

test('the number of our own credential decides, whatever error stands beside it', async () => {
	const instance = world.open({ fetch: microsoft });
	refusalFor = () => ({ error: 'unauthorized_client', number: 7000215 });
	await minutePasses(instance);
	expect(await world.sql`select 1 from stored_tokens where state <> 'active'`).toHaveLength(0);
	await instance.close();
});

test('the first success, of a sign-in too, lets all others go on at once', async () => {
	const instance = world.open({ fetch: microsoft });
	refusalFor = () => ({ status: 401, error: 'invalid_client', number: 7000222 });
	await minutePasses(instance);
	refusalFor = () => undefined;
	await world.sql`update stored_tokens set refresh_started_at = null`;
	expect((await mailboxes[0]!.resolve(undefined, instance)).status).toBe(503);
	await connectMailbox(world, instance);
	expect((await mailboxes[0]!.resolve(undefined, instance)).status).toBe(200);
	await instance.close();
});
