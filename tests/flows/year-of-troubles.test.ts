// Each cause of death of a connection over a year whose clock is moved by hand: for every one the right event, the right mail to
// the right person, once, within a minute; and nothing for what passes by itself within the hour. Microsoft and the mail servers
// are in memory and say what they say; the database and the mail server for notices are real.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { MailLoginResult } from '../../src/lib/domain/mail-login.ts';
import type { MailProtocol } from '../../src/lib/domain/mail-protocol.ts';
import { createMigratedDatabase } from '../support/database.ts';
import { openNoticeInbox, type NoticeInbox } from '../support/notice-inbox.ts';
import {
	createScriptedMailClient,
	LOGIN_REFUSED,
	NO_ANSWER,
	type ScriptedMailClient,
} from '../support/scripted-mail-client.ts';
import type { VaultInstance } from '../support/vault-instance.ts';
import { registerSite } from '../support/vault-mailbox.ts';
import {
	createStrictMicrosoft,
	insertTokens,
	type StrictMicrosoft,
} from '../support/vault-many.ts';
import { openVaultWorld, type VaultWorld } from '../support/vault-world.ts';

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;
const forEver = Infinity;

type Trouble = {
	/** From its day on, and for so long after somebody first meets it. */
	lasts: number;
	microsoft?: () => Response;
	mail?: { protocol: MailProtocol; result: MailLoginResult };
	/** Nobody ever resolves it. */
	unused?: true;
	events: readonly string[];
	/** Days between the first mail and each. */
	mails: readonly number[];
};

/** Exchange's words where there is no mailbox to open. */
const NO_MAILBOX: MailLoginResult = {
	kind: 'refused',
	stage: 'select',
	answer: 'BAD User is authenticated but not connected.',
};

const refusal = (error: string, number: number) => () =>
	Response.json(
		{ error, error_description: `AADSTS${number}: No.`, error_codes: [number] },
		{ status: 400 },
	);
const unavailable = () => new Response('', { status: 503 });

const NEEDS_SIGN_IN = {
	lasts: forEver,
	events: ['mailbox.sign_in_required'],
	mails: [0, 3, 14],
} as const;
const STOPPED = { lasts: forEver, events: ['mailbox.check_failed'], mails: [0] } as const;
const NOTHING = { events: [], mails: [] } as const;

/** facts of Microsoft's: "Refresh tokens in the Microsoft identity platform", and its list of AADSTS numbers. */
const TROUBLES: Record<string, Trouble> = {
	'an administrator reset the password or ended all sessions': {
		...NEEDS_SIGN_IN,
		microsoft: refusal('invalid_grant', 50173),
	},
	'it rested for 90 days': { ...NEEDS_SIGN_IN, microsoft: refusal('invalid_grant', 700082) },
	'a policy on sign-in frequency': { ...NEEDS_SIGN_IN, microsoft: refusal('invalid_grant', 70043) },
	'the consent was withdrawn': { ...NEEDS_SIGN_IN, microsoft: refusal('invalid_grant', 65001) },
	'the account was disabled': { ...NEEDS_SIGN_IN, microsoft: refusal('invalid_grant', 50057) },
	'a policy blocks the helper’s address': {
		...NEEDS_SIGN_IN,
		microsoft: refusal('interaction_required', 53003),
	},
	'a policy wants a second proof': {
		...NEEDS_SIGN_IN,
		microsoft: refusal('interaction_required', 50076),
	},
	'IMAP was switched off for the mailbox': {
		...STOPPED,
		mail: { protocol: 'imap', result: LOGIN_REFUSED },
	},
	'the licence was taken away': { ...STOPPED, mail: { protocol: 'imap', result: NO_MAILBOX } },
	'its site never used it': {
		...{ lasts: forEver, unused: true, mails: [0, 6] },
		events: ['mailbox.lapse_scheduled', 'mailbox.lapse_scheduled', 'mailbox.revoked'],
	},
	'Microsoft is down for five hours': {
		...{ lasts: 5 * hour, microsoft: unavailable, mails: [] },
		events: ['mailbox.degraded', 'mailbox.recovered'],
	},
	'Microsoft is down for half an hour': { ...NOTHING, lasts: 30 * minute, microsoft: unavailable },
	'Microsoft sees a loop for some minutes': {
		...{ ...NOTHING, lasts: 20 * minute },
		microsoft: refusal('invalid_grant', 50196),
	},
	'a login is refused for half an hour': {
		...{ ...NOTHING, lasts: 30 * minute },
		mail: { protocol: 'imap', result: LOGIN_REFUSED },
	},
	'the mail server does not answer for two days': {
		...{ ...NOTHING, lasts: 2 * day },
		mail: { protocol: 'imap', result: NO_ANSWER },
	},
	'nothing at all': { ...NOTHING, lasts: 0 },
};

type Patient = { siteId: number; id: number; address: string; firstMetAt: number | undefined };

let world: VaultWorld;
let inbox: NoticeInbox;
let mail: ScriptedMailClient;
let microsoft: StrictMicrosoft;
let instance: VaultInstance;
const patients = new Map<string, Patient>();
/** By recipient, when. */
const mailedAt = new Map<string, number[]>();

beforeAll(async () => {
	world = await openVaultWorld(await createMigratedDatabase());
	inbox = await openNoticeInbox();
	mail = createScriptedMailClient();
	microsoft = createStrictMicrosoft(world.clock.now);
	instance = world.open({
		mailClient: mail,
		fetch: microsoft.fetch,
		environment: {
			...world.environment,
			NOTICES_SMTP: inbox.url,
			NOTICES_FROM: 'mail@helper.example',
			NOTICES_OPERATOR: 'operator@helper.example',
		},
	});
	for (const name of Object.keys(TROUBLES)) patients.set(name, await admit(name));
	microsoft.answerWith((id) => {
		for (const [name, patient] of patients) {
			if (patient.id === id && isAffected(name, patient)) return TROUBLES[name]?.microsoft?.();
		}
		return undefined;
	});
	await liveThroughTheYear();
}, 180_000);
afterAll(async () => {
	await world.close();
	await inbox.stop();
});

async function admit(name: string): Promise<Patient> {
	const { id: siteId } = await registerSite(world, instance);
	const tokenKeys = world.environment['TOKEN_KEYS']!;
	const { ids } = await insertTokens(world.sql, {
		siteId,
		count: 1,
		tokenKeys,
		at: world.clock.now(),
	});
	const id = ids[0]!;
	const resolvedAt = TROUBLES[name]?.unused ? null : world.clock.now();
	await world.sql`update stored_tokens set last_resolved_at = ${resolvedAt}, tenant_id = ${name} where id = ${id}`;
	await world.sql`update sites set protocols = '{imap}' where id = ${siteId}`;
	return { siteId, id, address: `box-${id}@mycompany.com`, firstMetAt: undefined };
}

let begun = 0;

/** One after the other, three weeks apart. */
function isAffected(name: string, patient: Patient): boolean {
	const now = world.clock.now().getTime();
	const from = begun + (1 + [...patients.keys()].indexOf(name)) * 21 * day;
	if (now < from) return false;
	patient.firstMetAt ??= now;
	return now < patient.firstMetAt + (TROUBLES[name]?.lasts ?? 0);
}

function scriptMail(): void {
	for (const [name, patient] of patients) {
		const script = TROUBLES[name]?.mail;
		if (script === undefined) continue;
		const result = isAffected(name, patient) ? script.result : undefined;
		mail.answer(patient.address, script.protocol, result);
	}
}

/** At the cadence of the jobs while something goes on, and from day to day otherwise. */
async function liveThroughTheYear(): Promise<void> {
	begun = world.clock.now().getTime();
	const end = begun + 365 * day;
	while (world.clock.now().getTime() < end) {
		scriptMail();
		const { app } = instance;
		await app.keepAlive.refreshDue();
		await app.keepAlive.recheckDue();
		await app.keepAlive.settled();
		await app.keepAlive.revokeNeverUsed();
		await app.eventJobs.reportDue();
		await sendForAMinute();
		world.clock.advance((await isSomethingGoingOn()) ? 10 * minute : day);
	}
}

/** At the cadence of that job, for as long as it may take until whoever must act hears of it. */
async function sendForAMinute(): Promise<void> {
	const [row] = await world.sql`
		select from notices where state = 'waiting' and due_at <= ${world.clock.now()} limit 1`;
	if (row === undefined) return;
	for (let passed = 0; passed < minute; passed += 10 * second) {
		world.clock.advance(10 * second);
		await instance.app.noticeJobs.sendDue();
		for (const { to } of inbox.mails.splice(0)) {
			mailedAt.set(to, [...(mailedAt.get(to) ?? []), world.clock.now().getTime()]);
		}
	}
}

/** From the first event of each until the first mail of it. */
async function secondsUntilMail({ siteId, address }: Patient): Promise<number> {
	const [row] = await world.sql<{ at: Date }[]>`
		select min(at) as at from site_events where site_id = ${siteId}`;
	const [mailed = NaN] = mailedAt.get(address) ?? [];
	return (mailed - (row?.at.getTime() ?? NaN)) / second;
}

async function isSomethingGoingOn(): Promise<boolean> {
	const [row] = await world.sql<{ busy: boolean }[]>`
		select exists (select from stored_tokens where state = 'degraded')
			or exists (select from mailbox_checks as kept join stored_tokens as token on token.id = stored_token_id
				where kept.failing_since is not null and failed_at is null and state = 'active') as busy`;
	return row?.busy === true;
}

describe.each(Object.entries(TROUBLES))('%s', (name, { events, mails }) => {
	test(`is ${events.length} events and ${mails.length} mails`, async () => {
		const { siteId, address } = patients.get(name)!;
		const rows =
			await world.sql`select type from site_events where site_id = ${siteId} order by id`;
		expect(rows.map(({ type }) => String(type))).toEqual(events);
		const [first = 0, ...others] = mailedAt.get(address) ?? [];
		const days = (first === 0 ? [] : [first, ...others]).map((at) =>
			Math.floor((at - first) / day + 0.5),
		);
		expect(days).toEqual(mails);
	});
});

test('nobody else is written to, and whoever is within a minute of what happened', async () => {
	const meant = [...patients].filter(([name]) => (TROUBLES[name]?.mails.length ?? 0) > 0);
	expect(new Set(mailedAt.keys())).toEqual(new Set(meant.map(([, { address }]) => address)));
	expect(meant.length).toBeGreaterThan(9);
	for (const [name, patient] of meant) {
		const seconds = await secondsUntilMail(patient);
		expect(seconds, name).toBeGreaterThan(0);
		expect(seconds, name).toBeLessThanOrEqual(60);
	}
});
