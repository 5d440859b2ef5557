// Which tenant owns a mail domain, once Microsoft has said so.

import { eq, lt, sql } from 'drizzle-orm';
import type { MailDomain } from '../../domain/mailbox-address.ts';
import { deleteInBatches } from '../database/in-batches.ts';
import type { Database } from '../database/driver/driver.ts';
import { mailDomainTenants } from '../database/schema/tables.ts';

export type MailDomainStore = {
	findTenant(domain: MailDomain): Promise<string | undefined>;
	save(domain: MailDomain, tenantId: string, lookedUpAt: Date): Promise<void>;
	/** Removes those from before `before`, and of what is left all but the newest `max`: they can be looked up again. */
	prune(before: Date, max: number): Promise<void>;
};

export function createMailDomainStore(database: Database): MailDomainStore {
	return {
		async findTenant(domain) {
			const [row] = await database
				.select()
				.from(mailDomainTenants)
				.where(eq(mailDomainTenants.domain, domain));
			return row?.tenantId;
		},
		async save(domain, tenantId, lookedUpAt) {
			await database
				.insert(mailDomainTenants)
				.values({ domain, tenantId, lookedUpAt })
				.onConflictDoUpdate({
					target: mailDomainTenants.domain,
					set: { tenantId, lookedUpAt },
				});
		},
		async prune(before, max) {
			const { lookedUpAt } = mailDomainTenants;
			await deleteInBatches(database, mailDomainTenants, lt(lookedUpAt, before));
			const oldestKept = sql`(
				select looked_up_at from mail_domain_tenants
				order by looked_up_at desc offset ${max - 1} limit 1)`;
			await deleteInBatches(database, mailDomainTenants, lt(lookedUpAt, oldestKept));
		},
	};
}
