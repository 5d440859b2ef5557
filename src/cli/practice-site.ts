// The one site of practice mode and its key, which is kept in the data folder: tests of mail engines need it.

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { OperatorError } from '../lib/domain/operator-error.ts';
import { isProblem } from '../lib/domain/problem.ts';
import type { App } from '../lib/server/app/app.ts';
import { UNKNOWN_ADDRESS } from '../lib/server/client-address.ts';
import { PRACTICE_DOMAIN, PRACTICE_SITE } from './practice.ts';

const NAME = 'site-key';

/** Of the key before it, when a new one has to be made. */
const GRACE_MS = 24 * 60 * 60_000;

/** At each start; from the second on it is there. */
export async function registerPracticeSite(app: App, directory: string): Promise<void> {
	const key = await register(app);
	if (key !== undefined) await keep(directory, key);
}

/** The kept one, or a new one where that is lost or no longer valid. */
export async function practiceSiteKey(app: App, directory: string): Promise<string> {
	const kept = await readFile(join(directory, NAME), 'utf8').then(
		(text) => text.trim(),
		() => undefined,
	);
	if (kept !== undefined && (await isValid(app, kept))) return kept;
	const key = (await register(app)) ?? (await app.rotateSiteKey(PRACTICE_SITE, GRACE_MS)).key;
	await keep(directory, key);
	return key;
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
	await writeFile(join(directory, NAME), `${key}\n`, { mode: 0o600 });
}
