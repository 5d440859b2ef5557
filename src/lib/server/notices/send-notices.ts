// Writes to the people of mailboxes when they must act: what is due and still true, one mail a day at most to each of them with
// all of their mailboxes in it, 30 mails a minute over all instances. What many mailboxes have at the same time is one mail to
// the operator instead. At least once: what is not noted is sent again.

import type { Services } from '../app/services.ts';
import { tagOf } from '../../domain/language.ts';
import type { SeenTrouble } from '../database/operator-notices.ts';
import { composeNotice, type ComposeContext } from './compose-notice.ts';
import type { DueNotice, EndedNotices } from './notice-store.ts';
import { postMail, tryAgainAt, type PostContext } from './post-mail.ts';
import { DAY_MS } from '../durations.ts';

export type SendNoticesContext = ComposeContext &
	PostContext &
	Pick<
		Services,
		| 'noticeSettings'
		| 'notices'
		| 'noticeRecipients'
		| 'operatorNotices'
		| 'newLeaseOwner'
		| 'unsubscribeUrl'
		| 'auditTrail'
	>;

/** A mail server has half a minute; after this the instance is gone. */
const LEASE_MS = 5 * 60_000;
/** What is older is of no use to anybody, as after the notices were switched on. */
const GIVE_UP_MS = 3 * DAY_MS;
/** Enough for a site whose mailboxes all have one address to write to. */
const BATCH = 1_000;

/** So many mailboxes within an hour are no owner's own doing. */
const MASS = { ofTenant: 10, ofAll: 50, withinMs: 60 * 60_000 };
/** Until more of the same has come, so that the mail says how many. */
const MASS_SETTLES_MS = 60_000;
/** Who must sign in again has a reminder then; who has only this notice is written to then, if it lasts. */
const MASS_LASTS_MS = 3 * DAY_MS;

type Work = { now: Date; leaseOwner: string };

/** How many mails were sent. */
export async function sendNotices(context: SendNoticesContext): Promise<number> {
	const now = context.now();
	const leaseOwner = context.newLeaseOwner();
	const leaseUntil = new Date(now.getTime() + LEASE_MS);
	const due = await context.notices.leaseDue({ leaseOwner, now, leaseUntil, limit: BATCH });
	if (due.length === 0) return 0;
	const work = { now, leaseOwner };
	const wanted = await dropUnwanted(context, work, due.sort(byUrgency));
	const ofOwners = await leaveMassesToOperator(context, work, wanted);
	return sendInTurn(context, work, [...byRecipient(ofOwners)]);
}

type Mailing = [recipient: string, notices: [DueNotice, ...DueNotice[]]];

/** Until the mail server takes no more, or the lease is half over: what is left then is put off, so that no two send it. */
async function sendInTurn(
	context: SendNoticesContext,
	{ now: begunAt, leaseOwner }: Work,
	mailings: readonly Mailing[],
): Promise<number> {
	let sent = 0;
	for (const [index, [recipient, notices]] of mailings.entries()) {
		const work = { now: context.now(), leaseOwner };
		const isLate = work.now.getTime() - begunAt.getTime() > LEASE_MS / 2;
		const outcome = isLate
			? { isSent: false, restUntil: work.now }
			: await sendTo(context, work, recipient, notices);
		if (outcome.isSent) sent += 1;
		if (outcome.restUntil === undefined) continue;
		const rest = mailings.slice(isLate ? index : index + 1).flatMap(([, its]) => its);
		if (rest.length > 0) await putOff(context, work, rest, outcome.restUntil, 'untried');
		break;
	}
	return sent;
}

const URGENCY: Record<DueNotice['kind'], number> = { sign_in: 0, check: 1, never_used: 2 };

function byUrgency(one: DueNotice, other: DueNotice): number {
	return URGENCY[one.kind] - URGENCY[other.kind] || one.id - other.id;
}

function byRecipient(notices: readonly DueNotice[]): Map<Mailing[0], Mailing[1]> {
	const grouped = new Map<Mailing[0], Mailing[1]>();
	for (const notice of notices) {
		const { recipient = '' } = notice;
		const others = grouped.get(recipient);
		if (others) others.push(notice);
		else grouped.set(recipient, [notice]);
	}
	return grouped;
}

async function dropUnwanted(
	context: SendNoticesContext,
	work: Work,
	due: readonly DueNotice[],
): Promise<DueNotice[]> {
	const reasonOf = (notice: DueNotice): string | undefined => {
		if (!notice.isTrue) return 'mended';
		if (work.now.getTime() - notice.plannedAt.getTime() > GIVE_UP_MS) return 'too_late';
		return notice.recipient === undefined ? 'nobody_to_write_to' : undefined;
	};
	const reasons = due.map((notice) => ({ notice, reason: reasonOf(notice) }));
	for (const reason of new Set(reasons.map((each) => each.reason))) {
		if (reason === undefined) continue;
		const dropped = reasons.filter((each) => each.reason === reason).map(({ notice }) => notice);
		await end(context, work, dropped, { state: 'dropped', result: reason });
	}
	return reasons.filter(({ reason }) => reason === undefined).map(({ notice }) => notice);
}

/** Answers with those that are no part of a mass. */
async function leaveMassesToOperator(
	context: SendNoticesContext,
	work: Work,
	wanted: readonly DueNotice[],
): Promise<DueNotice[]> {
	const isOfMany = await findMasses(context, work);
	const ofMany = wanted.filter(isOfMany);
	if (ofMany.length === 0) return [...wanted];
	const isOnlyOne = ({ kind, reminder }: DueNotice) => kind === 'check' && reminder === 0;
	const later = new Date(work.now.getTime() + MASS_LASTS_MS);
	await context.notices.turnIntoReminders(
		{ ids: idsOf(ofMany.filter(isOnlyOne)), leaseOwner: work.leaseOwner },
		later,
	);
	const dropped = ofMany.filter((notice) => !isOnlyOne(notice));
	await end(context, work, dropped, { state: 'dropped', result: 'told_the_operator' });
	return wanted.filter((notice) => !isOfMany(notice));
}

/** Where no operator is named, everybody is written to. */
async function findMasses(
	context: SendNoticesContext,
	{ now }: Work,
): Promise<(notice: DueNotice) => boolean> {
	if (context.noticeSettings?.operator === undefined) return () => false;
	const counts = await context.notices.countMailboxes(new Date(now.getTime() - MASS.withinMs));
	const total = counts.reduce((sum, { count }) => sum + count, 0);
	const ofTenants = counts.filter(({ count }) => count >= MASS.ofTenant);
	const troubles: SeenTrouble[] =
		total >= MASS.ofAll && counts.length > 1
			? [massOf('all', `${counts.length} organisations`, total)]
			: ofTenants.map(({ tenantId, mailDomain, count }) => massOf(tenantId, mailDomain, count));
	await context.operatorNotices.see(troubles, now, MASS_SETTLES_MS);
	const isOfAll = total >= MASS.ofAll;
	const tenants = new Set(ofTenants.map(({ tenantId }) => tenantId));
	return ({ kind, tenantId }) => kind !== 'never_used' && (isOfAll || tenants.has(tenantId));
}

function massOf(key: string, who: string, count: number): SeenTrouble {
	return { key: `many ${key}`, kind: 'many_mailboxes', details: { who, count } };
}

async function sendTo(
	context: SendNoticesContext,
	work: Work,
	recipient: string,
	notices: readonly [DueNotice, ...DueNotice[]],
): Promise<{ isSent: boolean; restUntil?: Date }> {
	const { noticeRecipients } = context;
	const until = new Date(work.now.getTime() + LEASE_MS);
	const claim = await noticeRecipients.claim(recipient, {
		now: work.now,
		until,
		betweenMs: DAY_MS,
	});
	if (claim.kind === 'unsubscribed') {
		await end(context, work, notices, { state: 'dropped', result: 'unsubscribed' });
		return { isSent: false };
	}
	if (claim.kind === 'later') {
		await putOff(context, work, notices, claim.at, 'untried');
		return { isSent: false };
	}
	const url = context.unsubscribeUrl(claim.id);
	const mail = composeNotice(context, notices, url);
	const posted = await postMail(context, recipient, mail, {
		'List-Unsubscribe': `<${url}>`,
		'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
		'Content-Language': tagOf(mail.language),
	});
	if (posted.kind === 'sent') {
		await noticeRecipients.saveMailed(claim.id, work.now);
		await end(context, work, notices, { state: 'sent', result: 'sent' });
		return { isSent: true };
	}
	await noticeRecipients.release(claim.id);
	switch (posted.kind) {
		case 'refused':
			await end(context, work, notices, { state: 'dropped', result: `refused ${posted.code}` });
			return { isSent: false };
		case 'later':
			await putOff(context, work, notices, posted.at, 'untried');
			return { isSent: false, restUntil: posted.at };
		case 'failed':
			await putOff(context, work, notices, tryAgainAt(work.now, notices[0].tries), 'tried');
			return { isSent: false, restUntil: tryAgainAt(work.now, 0) };
	}
}

async function putOff(
	{ notices: store }: SendNoticesContext,
	{ leaseOwner }: Work,
	notices: readonly DueNotice[],
	until: Date,
	was: 'tried' | 'untried',
): Promise<void> {
	await store.putOff({ ids: idsOf(notices), leaseOwner }, until, was === 'tried');
}

async function end(
	context: SendNoticesContext,
	{ now, leaseOwner }: Work,
	notices: readonly DueNotice[],
	{ state, result }: Pick<EndedNotices, 'state' | 'result'>,
): Promise<void> {
	await context.notices.end({ ids: idsOf(notices), leaseOwner, state, result, at: now });
	const note = context.auditTrail.by({ actor: 'helper' });
	for (const { siteId, tokenNumber, mailbox, kind, recipient } of notices) {
		const about = { siteId, storedTokenId: tokenNumber, mailbox };
		const detail = state === 'sent' ? `${kind} to ${recipient}` : `${kind} ${result}`;
		note({ event: state === 'sent' ? 'notice_sent' : 'notice_dropped', ...about, detail });
	}
}

function idsOf(notices: readonly DueNotice[]): number[] {
	return notices.map(({ id }) => id);
}
