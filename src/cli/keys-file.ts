// The file into which `mailkey site add --from` writes keys. It may lie where other users of the computer can write, so
// it is created, for this user alone, and written by its handle: a file that later takes its path gets nothing.

import { lstat, open, rm, type FileHandle } from 'node:fs/promises';
import { OperatorError } from '../lib/domain/operator-error.ts';

type SiteKey = { site: string; id: number; key: string };

export type KeysFile = {
	/** @throws OperatorError where the path no longer leads to the file: call it before a key is made */
	checkInPlace(): Promise<void>;
	/** On disk when it returns. @throws OperatorError that names the site, whose key is then lost */
	add(siteKey: SiteKey): Promise<void>;
	/** Without a key the file is removed, so that it is not in the way of the next try. */
	close(): Promise<void>;
};

/** @throws OperatorError where something exists at `path` already */
export async function createKeysFile(path: string): Promise<KeysFile> {
	const file = await open(path, 'wx', 0o600).catch((cause: unknown) => {
		throw new OperatorError(`${path} is there already, or cannot be written: move it away.`, {
			cause,
		});
	});
	const added: string[] = [];
	await file.writeFile('site,id,key\n');
	return {
		async checkInPlace() {
			if (!(await isAt(path, file))) throw new OperatorError(movedSentences(path, added));
		},
		async add({ site, id, key }) {
			try {
				await file.writeFile(`${site},${id},${key}\n`);
				await file.sync();
			} catch (cause) {
				throw new OperatorError(
					`${site} is registered, but its key could not be written to ${path}: make it another one with mailkey site rotate-key ${site}.`,
					{ cause },
				);
			}
			added.push(site);
		},
		async close() {
			const inPlace = await isAt(path, file);
			await file.close();
			if (inPlace && added.length === 0) await rm(path);
			if (!inPlace && added.length > 0) throw new OperatorError(movedSentences(path, added));
		},
	};
}

/** Its directory entry, not what a link there leads to. */
async function isAt(path: string, file: FileHandle): Promise<boolean> {
	const [there, ours] = await Promise.all([lstat(path).catch(() => undefined), file.stat()]);
	return there !== undefined && there.ino === ours.ino && there.dev === ours.dev;
}

/** The file may be gone for good, so each key that is in it counts as lost. */
function movedSentences(path: string, added: readonly string[]): string[] {
	return [
		`${path} was moved or replaced while keys were written to it: what stands there now holds none of them.`,
		...added.map(
			(site) =>
				`The key of ${site} is in the file that was moved: make it another one with mailkey site rotate-key ${site}.`,
		),
	];
}
