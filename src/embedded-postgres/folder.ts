// The folder that the embedded database and its companions live in.

import { chmod, chown, lstat, mkdir, readdir, realpath, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { OperatorError } from '../lib/domain/operator-error.ts';
import { folderFault } from './faults.ts';

/**
 * Makes `directory` with mode 0700 if it is missing and returns its one true name: a running server is recognised by it.
 * What root makes in somebody's home belongs to that somebody, who otherwise could not run PostgreSQL in it.
 * @throws OperatorError where it cannot be made, or is other users' as well
 */
export async function makeDataDirectory(directory: string): Promise<string> {
	try {
		const highestMade = await mkdir(directory, { recursive: true, mode: 0o700 });
		const path = await realpath(directory);
		if (highestMade !== undefined && process.getuid?.() === 0) {
			await giveToOwnerAround(await realpath(highestMade), path);
		}
		await closeToOthers(path);
		return path;
	} catch (error) {
		throw folderFault(directory, error);
	}
}

/**
 * Where every user of the computer can write, one of them can put a key or password of his own in place of ours, or a
 * link. A fresh tmpfs is such a folder: one that holds nothing of others is closed to them. Members of the folder's
 * group are trusted, as many systems give each user a group of their own.
 */
async function closeToOthers(path: string): Promise<void> {
	const [folder, around] = await Promise.all([stat(path), stat(dirname(path))]);
	const uid = process.getuid?.();
	if (isWritableByAll(around.mode) && folder.uid !== uid) throw openToOthers(path);
	if (!isWritableByAll(folder.mode)) return;
	const entries = await readdir(path);
	const found = await Promise.all(entries.map((name) => lstat(join(path, name))));
	if ([folder, ...found].some((entry) => entry.uid !== uid)) throw openToOthers(path);
	await chmod(path, folder.mode & 0o775);
}

function openToOthers(path: string): OperatorError {
	return new OperatorError(
		`Other users of this computer can put files into the data folder ${path}: set DATA_DIR to a folder of your own, such as ${join(path, 'mailkey')}.`,
	);
}

function isWritableByAll(mode: number): boolean {
	return (mode & 0o002) !== 0;
}

async function giveToOwnerAround(highest: string, lowest: string): Promise<void> {
	const { uid, gid } = await stat(dirname(highest));
	if (uid === 0) return;
	for (let path = lowest; path.startsWith(highest); path = dirname(path))
		await chown(path, uid, gid);
}
