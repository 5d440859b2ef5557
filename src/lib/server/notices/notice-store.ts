// What the people of mailboxes are to be told, with who they are and whether it is still true: looked at when it is sent. Any
// number of instances take from it by `FOR UPDATE SKIP LOCKED`, each under a lease.

import { lt, sql, type SQL } from 'drizzle-orm';
import type { NoticeDetails, NoticeKind } from '../../domain/notice.ts';
import type { Language } from '../../domain/language.ts';
import { deleteInBatches } from '../database/in-batches.ts';
import type { Database } from '../database/driver/driver.ts';
import { notices } from '../database/schema/notices.ts';
import { numberArray } from '../database/text-array.ts';
import { timestamp } from '../database/timestamp.ts';

export type DueNotice = {
	id: number;
	kind: NoticeKind;
	reminder: number;
	details: NoticeDetails;
	createdAt: Date;
	plannedAt: Date;
	tries: number;
	siteId: number;
	site: string;
	siteName: string;
	tokenNumber: number;
	mailbox: string;
	signedInAs: string;
	tenantId: string;
	language: Language;
	/** Undefined where nobody may be written to. */
	recipient: string | undefined;
	/** Nobody has mended it meanwhile. */
	isTrue: boolean;
};

export type EndedNotices = {
	ids: readonly number[];
	leaseOwner: string;
	state: 'sent' | 'dropped';
	result: string;
	at: Date;
};

export type NoticeStore = {
	/** The longest due first, all of a person together where they are due. */
	leaseDue(wish: {
		leaseOwner: string;
		now: Date;
		leaseUntil: Date;
		limit: number;
	}): Promise<DueNotice[]>;
	end(ended: EndedNotices): Promise<void>;
	/** `wasTried`: it counts as a try. */
	putOff(
		notices: { ids: readonly number[]; leaseOwner: string },
		until: Date,
		wasTried: boolean,
	): Promise<void>;
	/** They are planned for then, and count no longer among what happens to many at the same time. */
	turnIntoReminders(
		notices: { ids: readonly number[]; leaseOwner: string },
		plannedAt: Date,
	): Promise<void>;
	/** Of how many mailboxes people had to be told since then, by tenant. */
	countMailboxes(since: Date): Promise<{ tenantId: string; mailDomain: string; count: number }[]>;
	prune(before: Date): Promise<void>;
};

export function createNoticeStore(database: Database): NoticeStore {
	return {
		async leaseDue(wish) {
			const rows = await database.execute<DueRow>(leaseStatement(wish));
			return rows.map(parseDue);
		},
		async end({ ids, leaseOwner, state, result, at }) {
			await database.execute(sql`
				update notices set state = ${state}, result = ${result}, ended_at = ${timestamp(at)}, lease_owner = null
				where id = any(${numberArray(ids)}) and lease_owner = ${leaseOwner}`);
		},
		async putOff({ ids, leaseOwner }, until, wasTried) {
			await database.execute(sql`
				update notices set due_at = ${timestamp(until)}, tries = tries + ${wasTried ? 1 : 0}::int, lease_owner = null
				where id = any(${numberArray(ids)}) and lease_owner = ${leaseOwner}`);
		},
		async turnIntoReminders({ ids, leaseOwner }, plannedAt) {
			await database.execute(sql`
				update notices set planned_at = ${timestamp(plannedAt)}, due_at = ${timestamp(plannedAt)}, reminder = 1, lease_owner = null
				where id = any(${numberArray(ids)}) and lease_owner = ${leaseOwner}`);
		},
		async countMailboxes(since) {
			const rows = await database.execute<{ tenant: string; domain: string; count: number }>(sql`
				select token.tenant_id as tenant, min(split_part(token.mailbox, '@', 2)) as domain,
					count(distinct token.mailbox)::int as count
				from notices join stored_tokens as token on token.id = stored_token_id
				where planned_at > ${timestamp(since)} and kind <> 'never_used' and reminder = 0
				group by token.tenant_id`);
			return rows.map(({ tenant: tenantId, domain: mailDomain, count }) => ({
				...{ tenantId, mailDomain, count },
			}));
		},
		async prune(before) {
			await deleteInBatches(database, notices, lt(notices.plannedAt, before));
		},
	};
}

/** The site's own address, or the person who signed in where their name is an address in one of the site's domains. */
const RECIPIENT = sql`coalesce(sites.notices_to, case when sites.owner_mail and exists (
	select from site_mail_domains as own
	where own.site_id = sites.id and own.domain = lower(split_part(token.signed_in_as, '@', 2))
) then lower(token.signed_in_as) end)`;

const IS_TRUE = sql`sites.disabled_at is null and token.signed_in_at <= notices.created_at and case notices.kind
	when 'sign_in' then token.state = 'sign_in_required'
	when 'check' then token.state = 'active' and exists (
		select from mailbox_checks as kept
		where kept.stored_token_id = token.id and kept.protocol = notices.details ->> 'protocol'
			and kept.failed_at is not null and kept.protocol = any (sites.protocols))
	else token.state <> 'revoked' and token.last_resolved_at is null end`;

function leaseStatement(wish: Parameters<NoticeStore['leaseDue']>[0]): SQL {
	return sql`
		with due as (
			select id from notices where state = 'waiting' and due_at <= ${timestamp(wish.now)}
			order by due_at, id limit ${wish.limit} for update skip locked
		)
		update notices set due_at = ${timestamp(wish.leaseUntil)}, lease_owner = ${wish.leaseOwner}
		from due, stored_tokens as token, sites
		where notices.id = due.id and token.id = stored_token_id and sites.id = notices.site_id
		returning notices.id, kind, reminder, details, (extract(epoch from notices.created_at) * 1000)::float8 as created,
			(extract(epoch from planned_at) * 1000)::float8 as planned, tries,
			notices.site_id, sites.url as site, sites.name as site_name, token.id as token, token.mailbox,
			token.signed_in_as, token.tenant_id, token.language, ${RECIPIENT} as recipient, (${IS_TRUE}) as is_true`;
}

type DueRow = {
	id: string;
	kind: NoticeKind;
	reminder: number;
	details: NoticeDetails;
	created: number;
	planned: number;
	tries: number;
	site_id: string;
	site: string;
	site_name: string;
	token: string;
	mailbox: string;
	signed_in_as: string;
	tenant_id: string;
	language: Language;
	recipient: string | null;
	is_true: boolean;
};

function parseDue(row: DueRow): DueNotice {
	const { kind, reminder, details, tries, site, mailbox, language } = row;
	return {
		...{ kind, reminder, details, tries, site, mailbox, language },
		id: Number(row.id),
		createdAt: new Date(row.created),
		plannedAt: new Date(row.planned),
		siteId: Number(row.site_id),
		siteName: row.site_name,
		tokenNumber: Number(row.token),
		signedInAs: row.signed_in_as,
		tenantId: row.tenant_id,
		recipient: row.recipient ?? undefined,
		isTrue: row.is_true,
	};
}
