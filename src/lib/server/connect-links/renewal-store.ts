// The stored tokens as renewal links see them: what such a link fixes, and who alone can sign in by it.

import { and, eq, ne } from 'drizzle-orm';
import type { MailboxAddress } from '../../domain/mailbox-address.ts';
import type { Database } from '../database/driver/driver.ts';
import { storedTokens } from '../database/schema/tables.ts';

export type RenewableToken = {
	number: number;
	siteId: number;
	mailbox: MailboxAddress;
	/** Of the Microsoft account behind it. */
	tenantId: string;
	objectId: string;
};

export type RenewalStore = {
	/** Undefined when it is revoked: a number never comes back. */
	find(number: number): Promise<RenewableToken | undefined>;
};

const { id, siteId, mailbox, tenantId, objectId } = storedTokens;
const COLUMNS = { id, siteId, mailbox, tenantId, objectId };

export function createRenewalStore(database: Database): RenewalStore {
	return {
		async find(number) {
			const [row] = await database
				.select(COLUMNS)
				.from(storedTokens)
				.where(and(eq(id, number), ne(storedTokens.state, 'revoked')));
			return row && parseRenewable(row);
		},
	};
}

function parseRenewable({
	id: number,
	mailbox,
	...rest
}: Pick<typeof storedTokens.$inferSelect, keyof typeof COLUMNS>): RenewableToken {
	return { number, mailbox: mailbox as MailboxAddress, ...rest };
}
