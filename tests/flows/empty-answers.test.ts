// An answer of Microsoft's with an empty or malformed field: it counts as left out, and what is stored already is never
// overwritten by it.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createMigratedDatabase } from '../support/database.ts';
import { connectMailbox } from '../support/vault-mailbox.ts';
import type { VaultInstance } from '../support/vault-instance.ts';
import { openVaultWorld, type VaultWorld } from '../support/vault-world.ts';

type Change = Record<string, unknown>;

let world: VaultWorld;
let instance: VaultInstance;
/** What the next answers of the token endpoint are changed to; Microsoft's own where it is empty. */
let change: Change = {};

beforeAll(async () => {
	world = await openVaultWorld(await createMigratedDatabase());
	instance = world.open({ fetch: changingFetch });
});
beforeEach(() => {
	change = {};
	world.clock.reset();
});
afterAll(() => world.close());

const changingFetch: typeof fetch = async (input, init) => {
	const response = await fetch(input, init);
	const url = input instanceof Request ? input.url : String(input);
	if (!url.endsWith('/token') || Object.keys(change).length === 0) return response;
	return Response.json({ ...((await response.json()) as object), ...change });
};

const connect = () => connectMailbox(world, instance);

const scopesOf = async (id: number) =>
	(await world.sql<{ scopes: string[] }[]>`select scopes from stored_tokens where id = ${id}`)[0]
		?.scopes;

const NO_REFRESH_TOKEN: [string, Change][] = [
	['an empty refresh token', { refresh_token: '' }],
	['a blank refresh token', { refresh_token: '  ' }],
	['a refresh token with a line end', { refresh_token: 'a\r\nb' }],
	['a refresh token that is null', { refresh_token: null }],
	['a refresh token that is a list', { refresh_token: ['a'] }],
];

const NO_SCOPE: [string, Change][] = [
	['an empty scope', { scope: '' }],
	['a blank scope', { scope: '  ' }],
	['a scope that is null', { scope: null }],
	['a scope that is a list', { scope: [] }],
	['no scope', { scope: undefined }],
];

const NO_ACCESS_TOKEN: [string, Change][] = [
	['an empty access token', { access_token: '' }],
	['a blank access token', { access_token: ' ' }],
	['an access token that would break a mail command', { access_token: 'a\u0001\u0001b' }],
	['an access token of another type', { token_type: 'pop' }],
	['an empty lifetime', { expires_in: '' }],
	['a lifetime without end', { expires_in: '1e999' }],
	['a lifetime that is true', { expires_in: true }],
	['a lifetime in a list', { expires_in: [3600] }],
];

describe('at a refresh', () => {
	test.each([...NO_REFRESH_TOKEN, ...NO_SCOPE])(
		'%s leaves what is stored, and the next refresh works',
		async (_name, fields) => {
			const mailbox = await connect();
			// One right was not granted: an answer that says nothing of scopes must not add it.
			await world.sql`update stored_tokens set scopes = scopes[1:2] where id = ${mailbox.number}`;
			const [before, scopes] = [await mailbox.row(), await scopesOf(mailbox.number)];
			await mailbox.setLife(-1);
			change = { ...fields };
			expect((await mailbox.resolve()).status).toBe(200);
			const after = await mailbox.row();
			expect(after).toMatchObject({ state: 'active', version: before.version + 1 });
			if ('scope' in fields) expect(await scopesOf(mailbox.number)).toEqual(scopes);
			else expect(after.sealed_refresh_token).toBe(before.sealed_refresh_token);
			change = {};
			world.clock.advance(2 * 60_000);
			await mailbox.setLife(-1);
			expect((await mailbox.resolve()).status).toBe(200);
		},
	);

	test.each(NO_ACCESS_TOKEN)('%s is no answer, and changes nothing', async (_name, fields) => {
		const mailbox = await connect();
		const before = await mailbox.row();
		await mailbox.setLife(-1);
		change = { ...fields };
		expect((await mailbox.resolve()).status).toBe(503);
		expect(await mailbox.row()).toMatchObject({
			state: 'degraded',
			problem_code: 'microsoft_unreachable',
			sealed_access_token: before.sealed_access_token,
			sealed_refresh_token: before.sealed_refresh_token,
		});
	});

	test('a lifetime of years is not believed: the token is refreshed within days', async () => {
		const mailbox = await connect();
		await mailbox.setLife(-1);
		change = { expires_in: 10 * 365 * 86_400 };
		expect((await mailbox.resolve()).status).toBe(200);
		const { access_token_expires_at: end } = await mailbox.row();
		const days = ((end?.getTime() ?? 0) - world.clock.now().getTime()) / 86_400_000;
		expect(days, `the token is believed for ${days} days`).toBeLessThanOrEqual(2);
	});
});

describe('at a redemption', () => {
	const signIn = async () => {
		const before = await world.sql`select 1 from stored_tokens`;
		const connecting = connect().then(
			() => 'connected',
			() => 'failed',
		);
		return { outcome: await connecting, before: before.length };
	};

	test.each([...NO_REFRESH_TOKEN, ...NO_ACCESS_TOKEN, ['an empty ID token', { id_token: '' }]])(
		'%s stores nothing',
		async (_name, fields) => {
			change = { ...fields };
			const { outcome, before } = await signIn();
			expect(outcome).toBe('failed');
			expect(await world.sql`select 1 from stored_tokens`).toHaveLength(before);
		},
	);

	test.each(NO_SCOPE)('%s is what was asked for (RFC 6749, 5.1)', async (_name, fields) => {
		change = { ...fields };
		const mailbox = await connect();
		expect(await scopesOf(mailbox.number)).toEqual(instance.app.page.microsoft.scopes);
	});
});

test('an empty issuer in the metadata is not kept', async () => {
	let isEmpty = true;
	const fresh = world.open({
		fetch: async (input, init) => {
			const response = await fetch(input, init);
			const url = input instanceof Request ? input.url : String(input);
			if (!isEmpty || !url.endsWith('/openid-configuration')) return response;
			return Response.json({ ...((await response.json()) as object), issuer: '' });
		},
	});
	await expect(connectMailbox(world, fresh)).rejects.toThrow();
	isEmpty = false;
	await connectMailbox(world, fresh);
});
