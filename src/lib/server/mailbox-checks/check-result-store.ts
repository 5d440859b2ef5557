// What the last logins to a mailbox came to, protocol by protocol: kept as long as its stored token, with the events of what
// stopped working and of what works again, in one statement.

import { sql, type SQL } from 'drizzle-orm';
import type { MailProblem } from '../../domain/mail-check.ts';
import type { MailProtocol } from '../../domain/mail-protocol.ts';
import type { Database } from '../database/driver/driver.ts';
import { addSiteEvents } from '../database/site-events.ts';
import { numberArray } from '../database/text-array.ts';
import { timestamp } from '../database/timestamp.ts';
import type { StoredTokenRef } from '../tokens/stored-token-store.ts';

/**
 * `fails`: by what its people can mend. `unknown`: nothing was learnt of the mailbox, as when the mail server did not answer.
 * `unused`: nothing was tried.
 */
export type Verdict = 'works' | 'fails' | 'unknown' | 'unused';

export type CheckResult = {
	protocol: MailProtocol;
	status: 'passed' | 'failed' | 'skipped';
	problem: MailProblem | undefined;
	verdict: Verdict;
};

export type CheckRun = {
	at: Date;
	results: readonly CheckResult[];
	/** A protocol counts as failed when it fails and did so at this time already. */
	failingBefore: Date;
	/** When the mailbox is looked at next, by what came of this run. */
	next: { works: Date; fails: Date; failed: Date; unknown: Date };
};

/** `failed`: it counts as failed from now on. `recovered`: it did, and works again. */
export type CheckChange = { protocol: MailProtocol; change: 'failed' | 'recovered' };

export type KeptCheck = {
	tokenNumber: number;
	protocol: MailProtocol;
	status: CheckResult['status'];
	problem: MailProblem | undefined;
	checkedAt: Date;
	/** Undefined while it does not count as failed. */
	failedAt: Date | undefined;
};

export type FailedFigures = ReadonlyMap<MailProtocol, number>;

export type CheckResultStore = {
	/** Of a token that is not revoked. A run that began before the one that is kept changes nothing. */
	save(token: StoredTokenRef, run: CheckRun): Promise<CheckChange[]>;
	/** Of the tokens with these numbers. */
	list(tokenNumbers: readonly number[]): Promise<KeptCheck[]>;
	/** How many active mailboxes count as failed. */
	countFailed(): Promise<FailedFigures>;
};

export function createCheckResultStore(database: Database): CheckResultStore {
	return {
		async save(token, run) {
			const rows = await database.execute<CheckChange>(saveStatement(token, run));
			return rows.map(({ protocol, change }) => ({ protocol, change }));
		},
		async list(tokenNumbers) {
			if (tokenNumbers.length === 0) return [];
			const rows = await database.execute<KeptRow>(sql`
				select stored_token_id as token, protocol, status, problem,
					(extract(epoch from checked_at) * 1000)::float8 as checked,
					(extract(epoch from failed_at) * 1000)::float8 as failed
				from mailbox_checks where stored_token_id = any(${numberArray(tokenNumbers)})`);
			return rows.map(parseKept);
		},
		async countFailed() {
			const rows = await database.execute<{ protocol: MailProtocol; count: number }>(sql`
				select protocol, count(*)::int as count
				from mailbox_checks join stored_tokens as token on token.id = stored_token_id
				where failed_at is not null and token.state = 'active' group by protocol`);
			return new Map(rows.map(({ protocol, count }) => [protocol, count]));
		},
	};
}

function saveStatement({ siteId, id }: StoredTokenRef, run: CheckRun): SQL {
	const { results, next } = run;
	const at = timestamp(run.at);
	const failingBefore = timestamp(run.failingBefore);
	return sql`
		with token as materialized (
			select token.id, token.site_id, token.mailbox, token.signed_in_as from stored_tokens as token
			where token.site_id = ${siteId} and token.id = ${id} and token.state <> 'revoked' for no key update
		), said as materialized (
			select said.* from token, jsonb_to_recordset(${JSON.stringify(results)}::jsonb)
				as said (protocol text, status text, problem jsonb, verdict text)
		), before as materialized (
			select kept.protocol, failed_at from mailbox_checks as kept join token on token.id = stored_token_id
			for update of kept
		), saved as (
			insert into mailbox_checks as kept (stored_token_id, protocol, status, problem, checked_at, failing_since)
			select token.id, said.protocol, said.status, said.problem, ${at},
				case said.verdict when 'fails' then ${at} end
			from token, said
			-- Asked for here, "before" is read before the rows are changed.
			where (select count(*) from before) >= 0
			on conflict (stored_token_id, protocol) do update set
				status = excluded.status, problem = excluded.problem, checked_at = excluded.checked_at,
				failing_since = case (select verdict from said where said.protocol = excluded.protocol)
					when 'fails' then coalesce(kept.failing_since, excluded.checked_at)
					when 'unknown' then kept.failing_since end,
				failed_at = case (select verdict from said where said.protocol = excluded.protocol)
					when 'fails' then coalesce(kept.failed_at,
						case when kept.failing_since <= ${failingBefore} then excluded.checked_at end)
					when 'unknown' then kept.failed_at end
			where kept.checked_at <= excluded.checked_at
			returning protocol, problem, failing_since, failed_at
		), noted as (
			select token.*, saved.protocol, saved.problem, case
				when saved.failed_at is not null and before.failed_at is null then 'failed'
				when saved.failed_at is null and before.failed_at is not null and said.verdict = 'works' then 'recovered'
				end as change
			from token, saved join said using (protocol) left join before using (protocol)
		), planned as (
			update stored_tokens as token set recheck_at = (select case
				when bool_or(failing_since is not null and failed_at is null) then ${timestamp(next.fails)}
				when bool_or(failed_at is not null) then ${timestamp(next.failed)}
				when bool_or(verdict = 'unknown') then ${timestamp(next.unknown)}
				else ${timestamp(next.works)} end
				from saved join said using (protocol))
			where token.site_id = ${siteId} and token.id = ${id}
				and exists (select from saved) and exists (select from token as found)
		), ${addSiteEvents(sql`noted`, {
			type: sql`case changed.change when 'failed' then 'mailbox.check_failed' else 'mailbox.recovered' end`,
			at: run.at,
			details: sql`jsonb_strip_nulls(jsonb_build_object('protocol', changed.protocol,
				'mail_problem', case changed.change when 'failed' then changed.problem end,
				'signed_in_as', case changed.change when 'failed' then changed.signed_in_as end))`,
			where: sql`changed.change is not null`,
		})}
		select protocol, change from noted where change is not null`;
}

type KeptRow = {
	token: string;
	protocol: MailProtocol;
	status: CheckResult['status'];
	problem: MailProblem | null;
	checked: number;
	failed: number | null;
};

function parseKept({ token, protocol, status, problem, checked, failed }: KeptRow): KeptCheck {
	return {
		...{ tokenNumber: Number(token), protocol, status },
		problem: problem ?? undefined,
		checkedAt: new Date(checked),
		failedAt: failed === null ? undefined : new Date(failed),
	};
}
