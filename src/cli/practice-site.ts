// The one site of practice mode and its key, which is kept in the data folder: tests of mail engines need it.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { OperatorError } from '../lib/domain/operator-error.ts';
import { isProblem } from '../lib/domain/problem.ts';
import type { App } from '../lib/server/app/app.ts';
import { UNKNOWN_ADDRESS } from '../lib/server/client-address.ts';
import { writeWhole } from '../practice/whole-file.ts';
import { PRACTICE_DOMAIN, PRACTICE_SITE } from './practice.ts';

const NAME = 'site-key';

/** Of the key before it, when a new one has to be made. */
const GRACE_MS = 24 * 60 * 60_000;

/** From the registration of the site to the file with its key: a command on a busy machine. */
const WAIT_MS = 3_000;
const LOOK_AGAIN_MS = 100;

/** At each start; from the second on it is there. */
export async function registerPracticeSite(app: App, directory: string): Promise<void> {
	const key = await register(app);
	if (key !== undefined) await keep(directory, key);
}

/** The kept one, or a new one where that is lost or no longer valid. */
export async function practiceSiteKey(app: App, directory: string): Promise<string> {
	const kept = await findKept(app, directory);
	if (kept !== undefined) return kept;
	const registered = await register(app);
	// Registered by another command a moment ago, its key is on its way into the file.
	const key = registered ?? (await waitForKept(app, directory)) ?? (await rotate(app));
	await keep(directory, key);
	return key;
}

async function findKept(app: App, directory: string): Promise<string | undefined> {
	const kept = await readFile(join(directory, NAME), 'utf8').then(
		(text) => text.trim(),
		() => undefined,
	);
	return kept !== undefined && (await isValid(app, kept)) ? kept : undefined;
}

async function waitForKept(app: App, directory: string): Promise<string | undefined> {
	const giveUpAt = performance.now() + WAIT_MS;
	while (performance.now() < giveUpAt) {
		const kept = await findKept(app, directory);
		if (kept !== undefined) return kept;
		await sleep(LOOK_AGAIN_MS);
	}
	return undefined;
}

async function rotate(app: App): Promise<string> {
	return (await app.rotateSiteKey(PRACTICE_SITE, GRACE_MS)).key;
}

/** Undefined when it is registered already; any other fault shows at the first sign-in. */
async function register(app: App): Promise<string | undefined> {
	try {
		const { key } = await app.registerSite({
			url: PRACTICE_SITE,
			name: 'Practice site',
			mailDomains: [PRACTICE_DOMAIN],
			tenants: [],
			anyMailbox: false,
		});
		return key;
	} catch (error) {
		if (error instanceof OperatorError) return undefined;
		throw error;
	}
}

async function isValid(app: App, key: string): Promise<boolean> {
	try {
		await app.forSite(key, UNKNOWN_ADDRESS).listTokens({ limit: '1' });
		return true;
	} catch (error) {
		if (isProblem(error) && error.code === 'invalid_site_key') return false;
		throw error;
	}
}

async function keep(directory: string, key: string): Promise<void> {
	await writeWhole(join(directory, NAME), `${key}\n`, { mode: 0o600 });
}
