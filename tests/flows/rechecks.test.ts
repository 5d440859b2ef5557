// Looking at mailboxes before their sites trip over them, over weeks whose clock is moved by hand.

import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createMigratedDatabase } from '../support/database.ts';
import {
	createScriptedMailClient,
	LOGIN_REFUSED,
	NO_ANSWER,
	SMTP_IS_OFF,
	type ScriptedMailClient,
} from '../support/scripted-mail-client.ts';
import type { VaultInstance } from '../support/vault-instance.ts';
import { connectMailbox, registerSite, type ConnectedMailbox } from '../support/vault-mailbox.ts';
import { insertTokens } from '../support/vault-many.ts';
import { openVaultWorld, type VaultWorld } from '../support/vault-world.ts';

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

type Event = { type: string; timestamp: string; data: Record<string, unknown> };

let world: VaultWorld;
let mail: ScriptedMailClient;
let instance: VaultInstance;

beforeAll(async () => {
	world = await openVaultWorld(await createMigratedDatabase());
	mail = createScriptedMailClient();
	instance = world.open({ mailClient: mail });
});
beforeEach(async () => {
	world.clock.reset();
	mail.logins.length = 0;
	await world.sql`update stored_tokens set state = 'revoked', sealed_refresh_token = null`;
});
afterAll(() => world.close());

async function look(...instances: VaultInstance[]): Promise<void> {
	const all = instances.length === 0 ? [instance] : instances;
	await Promise.all(all.map(({ app }) => app.keepAlive.recheckDue()));
	await Promise.all(all.map(({ app }) => app.keepAlive.settled()));
}

async function live(ms: number, stepMs: number): Promise<void> {
	for (let passed = 0; passed < ms; passed += stepMs) {
		world.clock.advance(stepMs);
		await look();
	}
}

async function eventsOf({ site }: ConnectedMailbox): Promise<Event[]> {
	const { body } = await instance.ask('/api/v1/events', site.key);
	return (body['events'] as Event[]).filter(({ type }) => type !== 'mailbox.connected');
}

test('each mailbox is looked at about weekly, in what its site uses, and hears nothing of it', async () => {
	const site = await registerSite(world, instance);
	await world.sql`update sites set protocols = '{imap,smtp}' where id = ${site.id}`;
	const mailbox = await connectMailbox(world, instance, { site });
	mail.logins.length = 0;
	await live(28 * day, 6 * hour);
	const imap = mail.logins.filter(({ protocol }) => protocol === 'imap').length;
	expect(imap).toBeGreaterThanOrEqual(3);
	expect(imap).toBeLessThanOrEqual(7);
	expect(new Set(mail.logins.map(({ protocol }) => protocol))).toEqual(new Set(['imap', 'smtp']));
	expect(await eventsOf(mailbox)).toEqual([]);
});

test('a protocol that fails twice with an hour between is told once, and once more when it works again', async () => {
	const mailbox = await connectMailbox(world, instance);
	mail.answer(mailbox.address, 'smtp', SMTP_IS_OFF);
	await live(9 * day, hour);
	const [failed, ...others] = await eventsOf(mailbox);
	expect(others).toEqual([]);
	expect(failed).toMatchObject({
		type: 'mailbox.check_failed',
		data: {
			identifier: mailbox.identifier,
			protocol: 'smtp',
			problem: { code: 'smtp_off_for_mailbox', who: 'microsoft_365_administrator' },
		},
	});
	const listed = async () =>
		(await instance.ask('/api/v1/tokens', mailbox.site.key)).body['tokens'] as object[];
	const ofOperator = () => instance.app.showToken(mailbox.identifier);
	const told = {
		failed_protocols: ['smtp'],
		checks: { imap: { status: 'passed' }, smtp: { status: 'failed' } },
	};
	expect(await listed()).toMatchObject([told]);
	expect(await ofOperator()).toMatchObject(told);
	mail.answer(mailbox.address, 'smtp', undefined);
	await live(2 * day, hour);
	expect(await listed()).toMatchObject([
		{ failed_protocols: [], checks: { smtp: { status: 'passed' } } },
	]);
	expect((await eventsOf(mailbox)).slice(1)).toMatchObject([
		{ type: 'mailbox.recovered', data: { protocol: 'smtp' } },
	]);
});

test('a fault that passed within the hour is no event, and neither are mail servers that do not answer', async () => {
	const mailbox = await connectMailbox(world, instance);
	for (const answer of [SMTP_IS_OFF, NO_ANSWER]) {
		mail.answer(mailbox.address, 'smtp', answer);
		world.clock.advance(minute);
		await instance.app.checkByOperator(mailbox.identifier);
		world.clock.advance(20 * minute);
		await instance.app.checkByOperator(mailbox.identifier);
		if (answer === NO_ANSWER) await live(2 * day, 30 * minute);
		mail.answer(mailbox.address, 'smtp', undefined);
		await live(3 * hour, 30 * minute);
	}
	expect(await eventsOf(mailbox)).toEqual([]);
});

test('a check that somebody asked for counts like the weekly one', async () => {
	const mailbox = await connectMailbox(world, instance);
	mail.answer(mailbox.address, 'imap', LOGIN_REFUSED);
	world.clock.advance(minute);
	await instance.app.checkByOperator(mailbox.identifier);
	world.clock.advance(61 * minute);
	await instance.app.checkByOperator(mailbox.identifier);
	expect(await eventsOf(mailbox)).toMatchObject([{ data: { protocol: 'imap' } }]);
	expect(await world.leaks()).toEqual([]);
});

test('what is due is looked at once, by any of three instances, at the rate', async () => {
	const { id: siteId } = await registerSite(world, instance);
	const tokenKeys = world.environment['TOKEN_KEYS']!;
	const at = new Date(world.clock.now().getTime() + 2 * hour);
	world.clock.advance(2 * hour);
	await insertTokens(world.sql, { siteId, count: 40, tokenKeys, at, lifeSeconds: 30_000 });
	const mails = [1, 2, 3].map(() => createScriptedMailClient());
	const three = mails.map((mailClient) => world.open({ mailClient }));
	const logins = () => mails.flatMap((each) => each.logins.map(({ user }) => user));
	await look(...three);
	expect(logins().length).toBeLessThanOrEqual(15);
	for (let count = 0; count < 4; count += 1) {
		world.clock.advance(second);
		await look(...three);
	}
	expect(logins()).toHaveLength(40);
	expect(new Set(logins()).size).toBe(40);
});

test('none is looked at of a disabled site, one that needs a sign-in, or where the operator wants none', async () => {
	const mailbox = await connectMailbox(world, instance);
	const other = await connectMailbox(world, instance);
	await instance.app.disableSite(mailbox.site.url);
	await instance.app.setPracticeState(other.identifier, 'sign_in_required');
	mail.logins.length = 0;
	await live(8 * day, day);
	expect(mail.logins).toEqual([]);
	await instance.app.enableSite(mailbox.site.url);
	const none = world.open({
		mailClient: mail,
		environment: { ...world.environment, RECHECK_DAYS: '0' },
	});
	world.clock.advance(2 * day);
	await look(none);
	expect(mail.logins).toEqual([]);
	await look();
	expect(mail.logins).toHaveLength(3);
});

test('how many count as failed is among the figures', async () => {
	const mailbox = await connectMailbox(world, instance);
	mail.answer(mailbox.address, 'pop', SMTP_IS_OFF);
	await live(9 * day, hour);
	expect(await instance.app.metrics.text()).toContain('mailkey_failed_mailboxes{protocol="pop"} 1');
	expect(await instance.app.metrics.text()).toMatch(
		/mailkey_mailbox_checks_total\{result="fails"\} [1-9]/,
	);
});
