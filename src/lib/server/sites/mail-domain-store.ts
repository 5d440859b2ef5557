// Which tenant owns a mail domain, once Microsoft has said so.

import { eq } from 'drizzle-orm';
import type { MailDomain } from '../../domain/mailbox-address.ts';
import type { Database } from '../database/driver/driver.ts';
import { mailDomainTenants } from '../database/schema/tables.ts';

export type MailDomainStore = {
	findTenant(domain: MailDomain): Promise<string | undefined>;
	save(domain: MailDomain, tenantId: string, lookedUpAt: Date): Promise<void>;
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
	};
}
