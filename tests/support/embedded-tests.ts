// What the test files of the embedded PostgreSQL share: a folder with data that are made once per file, because that takes
// longer than any test, and no process left after any test.

import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { openEmbeddedPostgres } from '../../src/embedded-postgres/embedded-postgres.ts';
import type { EmbeddedPostgres } from '../../src/embedded-postgres/embedded-postgres.ts';
import type { Role } from '../../src/embedded-postgres/start-lock.ts';
import { familyOf, startOpener, untilNoneRuns } from './embedded-runs.ts';
import type { Opener, OpenerOptions } from './embedded-runs.ts';

export type EmbeddedTests = {
	/** A path in the file's temporary folder. */
	path(name: string): string;
	/** Data that every test may use, one after the other; the name holds what names may hold. */
	directory(): string;
	/** Starts a process that opens the data of `directory`, or of the folder above. */
	open(role: Role, more?: Partial<OpenerOptions>): Opener;
	/** The same in this process. */
	openHere(role: Role, directory?: string): Promise<EmbeddedPostgres>;
};

/** Call it once, at the top of a test file. */
export function embeddedTests(): EmbeddedTests {
	let root = '';
	let openers: Opener[] = [];
	let opened: EmbeddedPostgres[] = [];
	const path = (name: string) => join(root, name);
	const directory = () => path('dåta "quoted" $HOME');
	const openHere = async (role: Role, where = directory()) => {
		const one = await openEmbeddedPostgres({ directory: where, role, durability: 'none' });
		opened.push(one);
		return one;
	};

	beforeAll(async () => {
		root = await realpath(await mkdtemp(join(tmpdir(), 'mailkey-embedded-')));
		await (await openHere('server')).stop();
	});
	afterEach(async () => {
		await Promise.all(opened.map((one) => one.stop()));
		opened = [];
		for (const opener of openers) opener.kill('SIGKILL');
		await Promise.all(openers.map((opener) => opener.ended));
		const families = await Promise.all(openers.map((opener) => familyOf(opener.directory)));
		await untilNoneRuns(families.flatMap((family) => family.all));
		openers = [];
	});
	afterAll(() => rm(root, { recursive: true, force: true, maxRetries: 5 }));

	return {
		path,
		directory,
		openHere,
		open(role, more) {
			const opener = startOpener({ directory: directory(), role, ...more });
			openers.push(opener);
			return opener;
		},
	};
}
