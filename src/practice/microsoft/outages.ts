// Accounts whose tokens the practice Microsoft does not refresh for the time being. Files beside its keys, so that
// commands can tell the one that is running; one for each account, so that several at once take nothing from each other.

import { createHash } from 'node:crypto';
import { access, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EntraFault } from './entra-refusal.ts';

// One of those that pass by themselves.
export const outage: EntraFault = {
	error: 'temporarily_unavailable',
	aadsts: 90033,
	status: 503,
	description: 'A transient error has occurred. Please try again.',
};

export async function hasOutage(directory: string | undefined, username: string): Promise<boolean> {
	if (directory === undefined) return false;
	return access(fileOf(directory, username)).then(
		() => true,
		() => false,
	);
}

export async function setOutage(
	directory: string,
	username: string,
	isOut: boolean,
): Promise<void> {
	const file = fileOf(directory, username);
	if (!isOut) return rm(file, { force: true });
	await mkdir(join(directory, NAME), { recursive: true, mode: 0o700 });
	// That it is there is all that it says, so nobody can find half of it.
	await writeFile(file, '', { mode: 0o600 });
}

const NAME = 'outages';

/** An address may hold what a name of a file may not. */
function fileOf(directory: string, username: string): string {
	const name = createHash('sha256').update(username.toLowerCase()).digest('hex');
	return join(directory, NAME, name);
}
