// A folder with the examples as a stranger has them: the client library installed from its package, the mail libraries
// beside it.

import { execFile } from 'node:child_process';
import { cp, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Whoever asks for it removes it. */
export async function createExampleFolder(): Promise<string> {
	const folder = await mkdtemp(join(tmpdir(), 'mailkey-examples-'));
	await cp(join(ROOT, 'docs/examples'), folder, { recursive: true });
	await writeFile(join(folder, 'package.json'), '{"private":true}');
	const name = await packClient(folder);
	const install = [
		'install',
		'--offline',
		'--no-audit',
		'--no-fund',
		'--no-update-notifier',
		'--silent',
		`./${name}`,
	];
	await run('npm', install, { cwd: folder });
	for (const library of ['imapflow', 'nodemailer']) {
		await symlink(join(ROOT, 'node_modules', library), join(folder, 'node_modules', library));
	}
	return folder;
}

/** From a copy of its own: packing compiles, and another test may pack at the same time. */
async function packClient(destination: string): Promise<string> {
	const copy = await mkdtemp(join(tmpdir(), 'mailkey-client-'));
	try {
		for (const part of ['packages/client', 'src/client']) {
			await cp(join(ROOT, part), join(copy, part), { recursive: true });
		}
		await writeFile(join(copy, 'package.json'), '{"type":"module"}');
		await symlink(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
		const pack = ['pack', '--json', '--silent', '--no-update-notifier'];
		const { stdout } = await run('npm', [...pack, '--pack-destination', destination], {
			cwd: join(copy, 'packages/client'),
		});
		return /"filename": *"([^"]+)"/.exec(stdout)?.[1] ?? '';
	} finally {
		await rm(copy, { recursive: true });
	}
}
