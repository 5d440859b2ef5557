// The container image, step by step as the Dockerfile says it, in empty folders and as an ordinary user; and what an
// operator's own checkout does with a build that is stale.

import { execFile } from 'node:child_process';
import {
	access,
	appendFile,
	chmod,
	constants,
	mkdtemp,
	readdir,
	rm,
	utimes,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { textMatching, textWith } from '../support/matchers.ts';
import { startRunningHelper, type RunningHelper } from '../support/running-helper.ts';
import { ORDINARY_USER, walkDockerfile, type Image } from '../support/walk-dockerfile.ts';

const run = promisify(execFile);
const user = ORDINARY_USER === undefined ? {} : { uid: ORDINARY_USER, gid: ORDINARY_USER };

let folder: string;
let image: Image;

beforeAll(async () => {
	folder = await mkdtemp(join(tmpdir(), 'mailkey-image-'));
	await chmod(folder, 0o755);
	image = await walkDockerfile(folder);
	await run('chmod', ['-R', 'a-w', image.folder]);
}, 240_000);

afterAll(async () => {
	// Not the packages beside it: their files are the checkout's own.
	await run('chmod', ['-R', 'u+w', image.folder]);
	await rm(folder, { recursive: true, force: true });
});

describe('the image', () => {
	let helper: RunningHelper;

	beforeAll(async () => {
		const program = join(image.folder, image.entrypoint[1] ?? '');
		const where = ORDINARY_USER === undefined ? {} : { user: ORDINARY_USER };
		const installation = { program, folder: image.folder, ...where };
		helper = await startRunningHelper(inject('postgresUrl'), {}, installation);
	}, 60_000);

	afterAll(() => helper.stop());

	test('is of the recommended Node.js and of a user that is not root', () => {
		expect(image.from).toMatch(/^node:24-/);
		expect(image.user).toBe('node');
		expect(image.entrypoint[0]).toBe('node');
	});

	test('holds no package, compiler or source', async () => {
		const names = (await readdir(image.folder)).toSorted();
		expect(names).toEqual(['LICENSE', 'bin', 'build', 'drizzle', 'package.json']);
	});

	test('serves as an ordinary user who can write nothing', async () => {
		const page = await fetch(helper.pageUrl);
		expect([page.status, await page.text()]).toEqual([200, textWith('Site URL')]);
		if (ORDINARY_USER === undefined || ORDINARY_USER === process.getuid?.()) {
			await expect(access(image.folder, constants.W_OK)).rejects.toThrow('EACCES');
		}
		const { stdout } = await run('sh', ['-c', 'test -w . && echo writable || echo read-only'], {
			cwd: image.folder,
			...user,
		});
		expect(stdout).toBe('read-only\n');
	});

	test('is healthy while the helper is ready, and not after that', async () => {
		const check = () =>
			run(process.execPath, image.healthCheck.slice(1), {
				cwd: image.folder,
				env: { PORT: new URL(helper.origin).port },
				...user,
			});
		await check();
		expect(await helper.terminate()).toBe(0);
		await expect(check()).rejects.toMatchObject({ code: 1 });
	});
});

describe('a checkout', () => {
	const generate = async () => {
		const args = ['bin/mailkey.js', 'keys', 'generate'];
		const { PATH = '' } = process.env;
		const environment = { env: { PATH, HOME: image.buildFolder } };
		return run(process.execPath, args, { cwd: image.buildFolder, ...environment, ...user });
	};

	test('that is built says nothing of it', async () => {
		expect(await generate()).toEqual({ stdout: textMatching(/^k\d{8}-[0-9a-f]{6}:/), stderr: '' });
	});

	test('whose files have other times is not built again', async () => {
		await utimes(join(image.buildFolder, 'src/cli/generate-key.ts'), new Date(0), new Date(0));
		expect((await generate()).stderr).toBe('');
	});

	test('whose source has changed is built again, the programs alone', async () => {
		const source = join(image.buildFolder, 'src/cli/generate-key.ts');
		await appendFile(source, "\nprocess.stdout.write('changed\\n');\n");
		const { stdout, stderr } = await generate();
		expect(stdout).toMatch(/^changed\nk\d{8}-[0-9a-f]{6}:/);
		expect(stderr).toBe('Building the programs …\n');
		expect((await generate()).stderr).toBe('');
	}, 60_000);
});
