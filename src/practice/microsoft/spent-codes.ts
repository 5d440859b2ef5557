// Codes and assertions that were redeemed, until they would have expired anyway. In a directory each is a file of its own,
// so that of several processes that redeem the same one only the first succeeds.

import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeOnce } from '../whole-file.ts';

export type SpentCodes = {
	/** Only the first call for an id answers true. */
	spendOnce(id: string, until: Date, now: Date): Promise<boolean>;
};

export function rememberSpentCodes(): SpentCodes {
	const spent = new Map<string, number>();
	return {
		spendOnce(id, until, now) {
			if (spent.has(id)) return Promise.resolve(false);
			for (const [old, end] of spent) if (end < now.getTime()) spent.delete(old);
			spent.set(id, until.getTime());
			return Promise.resolve(true);
		},
	};
}

export async function keepSpentCodes(directory: string): Promise<SpentCodes> {
	await mkdir(directory, { recursive: true, mode: 0o700 });
	return {
		async spendOnce(id, until, now) {
			// An id may hold anything; a name of a file may not.
			const path = join(directory, createHash('sha256').update(id).digest('hex'));
			const isFirst = await writeOnce(path, String(until.getTime()), { mode: 0o600 });
			if (isFirst) await sweep(directory, now);
			return isFirst;
		},
	};
}

async function sweep(directory: string, now: Date): Promise<void> {
	for (const name of await readdir(directory)) {
		const path = join(directory, name);
		// Another process may have swept it already.
		const text = await readFile(path, 'utf8').catch(() => '');
		if (/^\d+$/.test(text) && Number(text) < now.getTime()) await rm(path, { force: true });
	}
}
