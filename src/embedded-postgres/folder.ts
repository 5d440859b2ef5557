// The folder that the embedded database and its companions live in.

import { chown, mkdir, realpath, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { folderFault } from './faults.ts';

/**
 * Makes `directory` with mode 0700 if it is missing and returns its one true name: a running server is recognised by it.
 * What root makes in somebody's home belongs to that somebody, who otherwise could not run PostgreSQL in it.
 * @throws OperatorError where it cannot be made
 */
export async function makeDataDirectory(directory: string): Promise<string> {
	try {
		const highestMade = await mkdir(directory, { recursive: true, mode: 0o700 });
		const path = await realpath(directory);
		if (highestMade !== undefined && process.getuid?.() === 0) {
			await giveToOwnerAround(await realpath(highestMade), path);
		}
		return path;
	} catch (error) {
		throw folderFault(directory, error);
	}
}

async function giveToOwnerAround(highest: string, lowest: string): Promise<void> {
	const { uid, gid } = await stat(dirname(highest));
	if (uid === 0) return;
	for (let path = lowest; path.startsWith(highest); path = dirname(path))
		await chown(path, uid, gid);
}
