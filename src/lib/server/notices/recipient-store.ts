// Who has been written to and when, and who wants no more of it. An address is claimed while it is written to, so that two
// instances never write to one person at the same time.

import { eq, sql } from 'drizzle-orm';
import type { Database } from '../database/driver/driver.ts';
import { noticeRecipients } from '../database/schema/notices.ts';

export type Claim =
	| { kind: 'claimed'; id: number }
	| { kind: 'unsubscribed' }
	/** They had one lately, or have one just now. */
	| { kind: 'later'; at: Date };

export type RecipientStore = {
	/** Nobody who had a mail less than `betweenMs` ago. */
	claim(address: string, terms: { now: Date; until: Date; betweenMs: number }): Promise<Claim>;
	saveMailed(id: number, at: Date): Promise<void>;
	release(id: number): Promise<void>;
	find(id: number): Promise<{ address: string; isSubscribed: boolean } | undefined>;
	/** Undefined `at`: they are written to again. */
	saveUnsubscribed(id: number, at: Date | undefined): Promise<void>;
};

export function createRecipientStore(database: Database): RecipientStore {
	return {
		async claim(address, { now, until, betweenMs }) {
			const at = sql`${now.toISOString()}::timestamptz`;
			const free = sql`(claimed_until is null or claimed_until <= ${at}) and unsubscribed_at is null
				and (mailed_at is null or mailed_at <= ${at} - ${betweenMs}::float8 * interval '1 millisecond')`;
			await database.execute(sql`
				insert into notice_recipients (address) values (${address}) on conflict (address) do nothing`);
			const [claimed] = await database.execute<{ id: string }>(sql`
				update notice_recipients set claimed_until = ${until.toISOString()}::timestamptz
				where address = ${address} and ${free} returning id`);
			if (claimed !== undefined) return { kind: 'claimed', id: Number(claimed.id) };
			const [row] = await database
				.select()
				.from(noticeRecipients)
				.where(eq(noticeRecipients.address, address));
			if (row?.unsubscribedAt) return { kind: 'unsubscribed' };
			const freeAt = Math.max(
				row?.claimedUntil?.getTime() ?? 0,
				row?.mailedAt ? row.mailedAt.getTime() + betweenMs : 0,
				now.getTime() + 1_000,
			);
			return { kind: 'later', at: new Date(freeAt) };
		},
		async saveMailed(id, at) {
			await database
				.update(noticeRecipients)
				.set({ mailedAt: at, claimedUntil: null })
				.where(eq(noticeRecipients.id, id));
		},
		async release(id) {
			await database
				.update(noticeRecipients)
				.set({ claimedUntil: null })
				.where(eq(noticeRecipients.id, id));
		},
		async find(id) {
			const [row] = await database
				.select()
				.from(noticeRecipients)
				.where(eq(noticeRecipients.id, id));
			return row && { address: row.address, isSubscribed: row.unsubscribedAt === null };
		},
		async saveUnsubscribed(id, at) {
			await database
				.update(noticeRecipients)
				.set({ unsubscribedAt: at ?? null })
				.where(eq(noticeRecipients.id, id));
		},
	};
}
