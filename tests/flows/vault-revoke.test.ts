// Revoking: by the site, by the owner, by the operator, and in the middle of a refresh. The sealed values are gone at
// once and nothing brings them back.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createMigratedDatabase } from '../support/database.ts';
import type { VaultInstance } from '../support/vault-instance.ts';
import { connectMailbox, type ConnectedMailbox } from '../support/vault-mailbox.ts';
import { openVaultWorld, type VaultWorld } from '../support/vault-world.ts';
import { VISITOR } from '../support/visitor.ts';

let world: VaultWorld;
let instance: VaultInstance;

beforeAll(async () => {
	world = await openVaultWorld(await createMigratedDatabase());
	instance = world.open();
});
beforeEach(() => world.clock.reset());
afterAll(() => world.close());

const connect = () => connectMailbox(world, instance);

async function revokeAsSite({ number, site }: ConnectedMailbox, key = site.key): Promise<number> {
	const { status } = await instance.ask(`/api/v1/tokens/${number}`, key, { method: 'DELETE' });
	return status;
}

/** As somebody who reads the database would see it. */
async function expectDestroyed(mailbox: ConnectedMailbox, reason: string): Promise<void> {
	expect(await mailbox.row()).toMatchObject({
		state: 'revoked',
		revoked_reason: reason,
		sealed_refresh_token: null,
		sealed_access_token: null,
		access_token_expires_at: null,
		lease_owner: null,
	});
	expect((await mailbox.resolve()).status).toBe(404);
}

describe('a site', () => {
	test('revokes its token once: 204, and from then on 404', async () => {
		const mailbox = await connect();
		expect(await revokeAsSite(mailbox)).toBe(204);
		await expectDestroyed(mailbox, 'by_site');
		expect(await revokeAsSite(mailbox)).toBe(404);
		const { body } = await instance.ask('/api/v1/tokens', mailbox.site.key);
		expect(body).toMatchObject({ tokens: [{ status: 'revoked', lapses_at: null }] });
	});

	test('gets one and the same 404 for what is another site’s, unknown or no number', async () => {
		const mailbox = await connect();
		const foreign = await connect();
		await revokeAsSite(foreign, foreign.site.key);
		const living = await connect();
		const { number } = mailbox;
		const paths = [
			living.number,
			foreign.number,
			999_999_999,
			0,
			-number,
			`${number}x`,
			`0x${number.toString(16)}`,
			`${number}.0`,
			`${number}e0`,
			`%3${number % 10}`,
			'9007199254740993',
			'99999999999999999999',
			mailbox.identifier,
			'null',
		];
		const answers = await Promise.all(
			paths.map((path) =>
				instance.ask(`/api/v1/tokens/${path}`, mailbox.site.key, { method: 'DELETE' }),
			),
		);
		expect(answers.map(({ status }, index) => [paths[index], status])).toEqual(
			paths.map((path) => [path, 404]),
		);
		expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
		expect((await mailbox.row()).state).toBe('active');
		expect((await living.row()).state).toBe('active');
	});

	test('without its key revokes nothing', async () => {
		const mailbox = await connect();
		expect(await revokeAsSite(mailbox, '')).toBe(401);
		expect((await mailbox.resolve()).status).toBe(200);
	});
});

describe('in the middle of a refresh', () => {
	test('a revocation empties the row at once and for good', async () => {
		const mailbox = await connect();
		await mailbox.setLife(-1);
		const before = world.refreshes();
		world.microsoft.nextTokenAnswer({ kind: 'latency', ms: 800 });
		const caller = mailbox.resolve();
		await mailbox.untilLeased();
		expect(await revokeAsSite(mailbox)).toBe(204);
		await expectDestroyed(mailbox, 'by_site');
		expect(world.refreshes() - before).toBe(0);
		const answer = await caller;
		expect([answer.status, answer.body['error']]).toEqual([404, 'unknown_identifier']);
		expect(world.refreshes() - before).toBe(1);
		await expectDestroyed(mailbox, 'by_site');
	});

	test('a revocation outlives a refusal that comes after it', async () => {
		const held = holdAnswers();
		const of = world.open({ fetch: held.fetch });
		const mailbox = await connect();
		await mailbox.setLife(-1);
		world.microsoft.nextTokenAnswer({ kind: 'error', error: 'invalid_grant', aadsts: 50173 });
		const caller = mailbox.resolve(undefined, of);
		await held.answered;
		expect(await revokeAsSite(mailbox)).toBe(204);
		held.release();
		expect((await caller).status).toBe(404);
		await of.close();
		await expectDestroyed(mailbox, 'by_site');
	});

	test('a new sign-in’s token is not overwritten by the older refresh', async () => {
		const held = holdAnswers();
		const of = world.open({ fetch: held.fetch });
		const mailbox = await connect();
		await mailbox.setLife(-1);
		const caller = mailbox.resolve(undefined, of);
		await held.answered;
		await mailbox.signInAgain();
		const signedIn = await mailbox.row();
		const { body } = await mailbox.resolve();
		held.release();
		expect((await caller).body['access_token']).toBe(body['access_token']);
		await of.close();
		expect(await mailbox.row()).toMatchObject({
			version: signedIn.version,
			sealed_refresh_token: signedIn.sealed_refresh_token,
			sealed_access_token: signedIn.sealed_access_token,
		});
	});
});

describe('the owner', () => {
	test('revokes the token of the sign-in, and its status says so', async () => {
		const mailbox = await connect();
		const { app } = instance;
		await app.forVisitor(VISITOR).revokeOwnToken(mailbox.session, 'current');
		await expectDestroyed(mailbox, 'by_owner');
		for (const selector of ['current' as const, mailbox.signIn]) {
			expect(await app.forVisitor(VISITOR).signInStatus(mailbox.session, selector)).toMatchObject({
				status: 'failed',
				problem: { code: 'revoked' },
			});
		}
	});

	test('revokes nothing of another’s', async () => {
		const mailbox = await connect();
		const other = await connect();
		const revoking = instance.app.forVisitor(VISITOR).revokeOwnToken(other.session, mailbox.signIn);
		await expect(revoking).rejects.toMatchObject({ code: 'unknown_sign_in' });
		const anonymous = instance.app.forVisitor(VISITOR).revokeOwnToken(undefined, mailbox.signIn);
		await expect(anonymous).rejects.toMatchObject({ code: 'unknown_sign_in' });
		expect((await mailbox.row()).state).toBe('active');
	});

	test('who signs in again gets another number; the revoked one never comes back', async () => {
		const mailbox = await connect();
		await instance.app.forVisitor(VISITOR).revokeOwnToken(mailbox.session, 'current');
		const again = await mailbox.signInAgain();
		expect(again.number).not.toBe(mailbox.number);
		expect(again.address).toBe(mailbox.address);
		expect((await again.resolve()).status).toBe(200);
		await expectDestroyed(mailbox, 'by_owner');
	});
});

describe('the operator', () => {
	test('revokes by identifier, once', async () => {
		const mailbox = await connect();
		await instance.app.revokeByOperator(mailbox.identifier);
		await expectDestroyed(mailbox, 'by_operator');
		await expect(instance.app.revokeByOperator(mailbox.identifier)).rejects.toThrow(/already/);
		expect(await instance.app.showToken(mailbox.identifier)).toMatchObject({
			status: 'revoked',
			site: mailbox.site.url,
		});
	});

	test('refreshes by identifier, at most once a minute, and not what is revoked', async () => {
		const mailbox = await connect();
		const { app } = instance;
		const before = world.refreshes();
		expect(await app.refreshByOperator(mailbox.identifier)).toMatchObject({ status: 'active' });
		await expect(app.refreshByOperator(mailbox.identifier)).rejects.toThrow(/minute/);
		expect(world.refreshes() - before).toBe(1);
		await app.revokeByOperator(mailbox.identifier);
		world.clock.advance(61_000);
		await expect(app.refreshByOperator(mailbox.identifier)).rejects.toThrow(/revoked/);
		expect(world.refreshes() - before).toBe(1);
	});
});

describe('at the end of all this', () => {
	test('no secret stands in the database or in the log', async () => {
		expect(world.logged.filter((line) => line.includes('revoked')).length).toBeGreaterThan(3);
		expect(await world.leaks()).toEqual([]);
	});

	test('and the search would have found one', async () => {
		const mailbox = await connect();
		const hex = Buffer.from(mailbox.site.key).toString('hex');
		await world.sql`update site_keys set key_sha256 = decode(${hex}, 'hex')
			where site_id = ${mailbox.site.id}`;
		expect(await world.leaks()).toEqual([expect.stringContaining(mailbox.site.url)]);
	});
});

/** Microsoft has answered, and the helper hears of it when the test says so. */
function holdAnswers(): { fetch: typeof fetch; answered: Promise<void>; release: () => void } {
	let release: () => void = () => undefined;
	let noteAnswer: () => void = () => undefined;
	const released = new Promise<void>((resolve) => (release = resolve));
	const answered = new Promise<void>((resolve) => (noteAnswer = resolve));
	return {
		fetch: async (input, init) => {
			const response = await fetch(input, init);
			noteAnswer();
			await released;
			return response;
		},
		answered,
		release,
	};
}
