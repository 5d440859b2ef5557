// A folder with the examples as a stranger has them: the client library installed from its package, the mail libraries
// beside it.

import { execFile } from 'node:child_process';
import { cp, mkdtemp, symlink, writeFile } from 'node:fs/promises';
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
	const { stdout } = await run(
		'npm',
		[
			'pack',
			join(ROOT, 'packages/client'),
			'--json',
			'--silent',
			'--no-update-notifier',
			'--pack-destination',
			folder,
		],
		{ cwd: folder },
	);
	const [, name = ''] = /"filename": *"([^"]+)"/.exec(stdout) ?? [];
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
