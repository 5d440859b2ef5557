// Files that several processes read and write at once: commands beside a running helper, and beside each other. A reader
// finds what was there before or what is there now, and never half of it.

import { randomUUID } from 'node:crypto';
import { link, open, rename, rm } from 'node:fs/promises';

export type FileMode = { mode: number };

/** Replaces what is there. A process that is killed in the middle leaves the old file whole. */
export async function writeWhole(path: string, text: string, { mode }: FileMode): Promise<void> {
	const draft = await writeDraft(path, text, mode);
	await rename(draft, path).catch(async (error: unknown) => {
		await rm(draft, { force: true });
		throw error;
	});
}

/** False when there is one already, which stays as it is: of several processes one is first. */
export async function writeOnce(path: string, text: string, { mode }: FileMode): Promise<boolean> {
	const draft = await writeDraft(path, text, mode);
	try {
		await link(draft, path);
		return true;
	} catch (error) {
		if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
		throw error;
	} finally {
		await rm(draft, { force: true });
	}
}

/** On disk before it gets its name. */
async function writeDraft(path: string, text: string, mode: number): Promise<string> {
	const draft = `${path}.${randomUUID()}.new`;
	const file = await open(draft, 'wx', mode);
	try {
		await file.writeFile(text);
		await file.sync();
	} finally {
		await file.close();
	}
	return draft;
}
