// The file of site keys, beside another user who can write in the same folder.

import { lstat, mkdtemp, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createKeysFile } from '../../src/cli/keys-file.ts';

const ONE = { site: 'https://one.example.com', id: 1, key: 'mksite_one' };
const TWO = { site: 'https://two.example.com', id: 2, key: 'mksite_two' };

let folder: string;
let path: string;
let theirs: string;

beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), 'mailkey-keys-'));
	path = join(folder, 'sites.csv.keys');
	theirs = join(folder, 'theirs');
	await writeFile(theirs, 'theirs\n');
});
afterEach(() => rm(folder, { recursive: true }));

describe('the file of site keys', () => {
	test('is made anew and for this user alone, never through what stands there', async () => {
		const file = await createKeysFile(path);
		await file.add(ONE);
		await file.close();
		expect((await stat(path)).mode & 0o777).toBe(0o600);
		expect(await readFile(path, 'utf8')).toBe(
			'site,id,key\nhttps://one.example.com,1,mksite_one\n',
		);
		await expect(createKeysFile(path)).rejects.toThrow(/is there already/);
		await rm(path);
		for (const target of [theirs, join(folder, 'nothing')]) {
			await symlink(target, path);
			await expect(createKeysFile(path)).rejects.toThrow(/is there already/);
			await rm(path);
		}
		expect(await readFile(theirs, 'utf8')).toBe('theirs\n');
	});

	test('that is moved away gets the key on its way, and what stands in its place gets none', async () => {
		const file = await createKeysFile(path);
		await file.add(ONE);
		const moved = join(folder, 'moved');
		await rename(path, moved);
		await symlink(theirs, path);
		await file.add(TWO);
		await expect(file.checkInPlace()).rejects.toThrow(/was moved or replaced/);
		const told = await file.close().catch(String);
		for (const { site } of [ONE, TWO]) expect(told).toContain(`rotate-key ${site}`);
		expect(told).not.toContain('mksite_');
		expect(await readFile(theirs, 'utf8')).toBe('theirs\n');
		expect(await readFile(moved, 'utf8')).toMatch(/mksite_one\n.*mksite_two\n$/);
	});

	test('without a key is removed, but not what stands in its place', async () => {
		await (await createKeysFile(path)).close();
		await expect(lstat(path)).rejects.toThrow('ENOENT');
		const file = await createKeysFile(path);
		await rm(path);
		await writeFile(path, 'theirs\n');
		await file.close();
		expect(await readFile(path, 'utf8')).toBe('theirs\n');
	});
});
