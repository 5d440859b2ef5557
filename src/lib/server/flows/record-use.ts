// When tokens and site keys were last used, gathered in memory and written in batches, so that a resolve
// only reads. A crash loses a few seconds of "last used", which nobody decides anything by.

import type { Log } from '../log.ts';

export type UseRecorder = {
	ofToken(id: number, at: Date): void;
	ofKey(id: number, at: Date): void;
	/** Writes what is gathered; what cannot be written is tried again at the next time. */
	write(): Promise<void>;
};

export type UseStores = {
	storedTokens: { saveResolved(resolved: ReadonlyMap<number, Date>): Promise<void> };
	sites: { saveKeysUsed(used: ReadonlyMap<number, Date>): Promise<void> };
	log: Log;
};

export function createUseRecorder({ storedTokens, sites, log }: UseStores): UseRecorder {
	let tokens = new Map<number, Date>();
	let keys = new Map<number, Date>();
	return {
		ofToken: (id, at) => void tokens.set(id, at),
		ofKey: (id, at) => void keys.set(id, at),
		async write() {
			const [writtenTokens, writtenKeys] = [tokens, keys];
			tokens = new Map();
			keys = new Map();
			try {
				if (writtenTokens.size > 0) await storedTokens.saveResolved(writtenTokens);
				if (writtenKeys.size > 0) await sites.saveKeysUsed(writtenKeys);
			} catch (error) {
				log.warn({ err: error }, 'last uses are not written yet');
				tokens = new Map([...writtenTokens, ...tokens]);
				keys = new Map([...writtenKeys, ...keys]);
			}
		},
	};
}
