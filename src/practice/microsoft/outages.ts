// Accounts whose tokens the practice Microsoft does not refresh for the time being. A file beside its keys, so that a
// command can tell the one that is running.

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EntraFault } from './entra-refusal.ts';

const NAME = 'outages.json';

// One of those that pass by themselves.
export const outage: EntraFault = {
	error: 'temporarily_unavailable',
	aadsts: 90033,
	status: 503,
	description: 'A transient error has occurred. Please try again.',
};

export async function hasOutage(directory: string | undefined, username: string): Promise<boolean> {
	return directory !== undefined && (await readOutages(directory)).includes(username);
}

export async function setOutage(
	directory: string,
	username: string,
	isOut: boolean,
): Promise<void> {
	const others = (await readOutages(directory)).filter((name) => name !== username);
	const names = isOut ? [...others, username] : others;
	await writeFile(join(directory, NAME), `${JSON.stringify(names)}\n`, { mode: 0o600 });
}

async function readOutages(directory: string): Promise<readonly string[]> {
	try {
		const names: unknown = JSON.parse(await readFile(join(directory, NAME), 'utf8'));
		return Array.isArray(names) ? names.map(String) : [];
	} catch {
		// Not there, or being written this moment: then there is none.
		return [];
	}
}
