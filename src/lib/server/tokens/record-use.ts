// When tokens and site keys were last used, gathered in memory and written in batches, so that a resolve
// only reads. A crash loses a few seconds of "last used", which nobody decides anything by. The first use of
// a token in each hour is noted in the audit trail.

import type { StoredTokenRef, StoredTokenStore } from './stored-token-store.ts';
import type { Log } from '../log.ts';
import type { AuditTrail } from '../audit/audit-trail.ts';
import { createFirstOfHour } from '../audit/first-of-hour.ts';

export type UseRecorder = {
	ofToken(token: StoredTokenRef & { mailbox: string }, keyId: number, at: Date): void;
	ofKey(id: number, at: Date): void;
	/** Writes what is gathered; what cannot be written is tried again at the next time. */
	write(): Promise<void>;
};

export type UseStores = {
	storedTokens: Pick<StoredTokenStore, 'saveResolved'>;
	sites: { saveKeysUsed(used: ReadonlyMap<number, Date>): Promise<void> };
	auditTrail: Pick<AuditTrail, 'by'>;
	log: Log;
};

export function createUseRecorder({
	storedTokens,
	sites,
	auditTrail,
	log,
}: UseStores): UseRecorder {
	let tokens = new Map<number, StoredTokenRef & { at: Date }>();
	let keys = new Map<number, Date>();
	const isFirstOfHour = createFirstOfHour();
	return {
		ofToken({ siteId, id, mailbox }, keyId, at) {
			tokens.set(id, { siteId, id, at });
			if (!isFirstOfHour(id, at)) return;
			const note = auditTrail.by({ actor: 'site', actorName: `key ${keyId}` });
			note({ event: 'resolve', siteId, storedTokenId: id, mailbox });
		},
		ofKey: (id, at) => void keys.set(id, at),
		async write() {
			const [writtenTokens, writtenKeys] = [tokens, keys];
			tokens = new Map();
			keys = new Map();
			try {
				if (writtenTokens.size > 0) await storedTokens.saveResolved([...writtenTokens.values()]);
				if (writtenKeys.size > 0) await sites.saveKeysUsed(writtenKeys);
			} catch (error) {
				log.warn({ err: error }, 'last uses are not written yet');
				tokens = new Map([...writtenTokens, ...tokens]);
				keys = new Map([...writtenKeys, ...keys]);
			}
		},
	};
}
