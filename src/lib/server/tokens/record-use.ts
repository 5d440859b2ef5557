// How tokens and site keys are used, gathered in memory and written in batches, so that a resolve only reads. A crash loses
// a few seconds of it, which nobody decides anything by.

import type { StoredTokenRef } from './stored-token-store.ts';
import type { TokenUse, UseStore } from './token-use-store.ts';
import type { Log } from '../log.ts';

export type UseRecorder = {
	ofToken(token: StoredTokenRef, keyId: number, at: Date): void;
	ofKey(id: number, at: Date): void;
	/** Writes what is gathered; what cannot be written is tried again at the next time. */
	write(): Promise<void>;
};

export type UseStores = {
	tokenUses: Pick<UseStore, 'save'>;
	sites: { saveKeysUsed(used: ReadonlyMap<number, Date>): Promise<void> };
	log: Log;
};

/** In one statement: a hundred kilobytes of JSON. */
const BATCH = 1_000;

export function createUseRecorder({ tokenUses, sites, log }: UseStores): UseRecorder {
	let tokens = new Map<string, TokenUse>();
	let keys = new Map<number, Date>();

	function gather(use: TokenUse): void {
		const key = `${use.day} ${use.id} ${use.keyId}`;
		const before = tokens.get(key);
		tokens.set(key, before === undefined ? use : add(before, use));
	}

	async function writeTokens(): Promise<void> {
		const written = [...tokens.values()];
		tokens = new Map();
		while (written.length > 0) {
			const batch = written.splice(0, BATCH);
			try {
				await tokenUses.save(batch);
			} catch (error) {
				[...batch, ...written].forEach(gather);
				throw error;
			}
		}
	}

	async function writeKeys(): Promise<void> {
		const written = keys;
		keys = new Map();
		try {
			if (written.size > 0) await sites.saveKeysUsed(written);
		} catch (error) {
			keys = new Map([...written, ...keys]);
			throw error;
		}
	}

	return {
		ofToken({ siteId, id }, keyId, at) {
			const day = at.toISOString().slice(0, 10);
			gather({ siteId, id, keyId, day, count: 1, firstAt: at, lastAt: at });
		},
		ofKey: (id, at) => void keys.set(id, at),
		async write() {
			try {
				await writeTokens();
				await writeKeys();
			} catch (error) {
				log.warn({ err: error }, 'last uses are not written yet');
			}
		},
	};
}

function add(before: TokenUse, use: TokenUse): TokenUse {
	const [first, last] = before.lastAt <= use.lastAt ? [before, use] : [use, before];
	return {
		...use,
		count: before.count + use.count,
		firstAt: first.firstAt,
		lastAt: last.lastAt,
	};
}
