// An earlier commit in a folder of its own, with the packages of this one, to be measured beside what is here.

import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { CHECKOUT } from './walk-dockerfile.ts';

const run = promisify(execFile);

export type OldCheckout = { program: string; close(): Promise<void> };

/** Undefined where the commit is not in this clone. */
export async function openOldCheckout(commit: string): Promise<OldCheckout | undefined> {
	const git = (...args: string[]) => run('git', args, { cwd: CHECKOUT });
	const isHere = await git('cat-file', '-e', `${commit}^{commit}`).catch(() => undefined);
	if (!isHere) return undefined;
	const folder = await mkdtemp(join(tmpdir(), 'mailkey-old-'));
	const close = async () => {
		await git('worktree', 'remove', '--force', folder);
		await rm(folder, { recursive: true, force: true });
	};
	try {
		await git('worktree', 'add', '--detach', folder, commit);
		// As files of their own to npm: if the packages differ, it replaces these and not those of this checkout.
		await run('cp', ['-al', join(CHECKOUT, 'node_modules'), folder]);
		// What it lacks it would install at its first command, and say so where an answer is expected.
		const build = `
			const { ensureInstalled } = await import('./scripts/install.js');
			const { ensureBuilt } = await import('./scripts/build.js');
			await ensureInstalled('devDependencies');
			await ensureBuilt();`;
		await run(process.execPath, ['--input-type=module', '-e', build], { cwd: folder });
		return { program: join(folder, 'bin', 'mailkey.js'), close };
	} catch (error) {
		await close();
		throw error;
	}
}
