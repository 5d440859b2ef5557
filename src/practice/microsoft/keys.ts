// What the practice Microsoft has to remember over a restart: the key that signs ID tokens, the key that seals codes
// and tokens, and the codes that are spent. All that was issued is sealed with that key and carried by its holder, so
// there is no list of tokens to keep, and old refresh tokens stay valid as they do at Microsoft.

import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose';
import { OperatorError } from '../../lib/domain/operator-error.ts';

export type PracticeKeys = {
	signingKey: JWK;
	sealingKey: Uint8Array;
	// Only the first call for an id answers true. The id is remembered until its code would have expired anyway.
	spendOnce(id: string, until: Date, now: Date): Promise<boolean>;
};

type KeyFile = { signingKey: JWK; sealingKey: string; spent: Record<string, number> };

// Makes the keys at the first start. Without a directory they live in memory only.
export async function loadPracticeKeys(directory: string | undefined): Promise<PracticeKeys> {
	const path = directory && join(directory, 'practice-microsoft.json');
	const found = path ? await readKeyFile(path) : undefined;
	const file = found ?? (await newKeyFile());
	const spent = new Map(Object.entries(file.spent));
	let saved = Promise.resolve();

	function save(): Promise<void> {
		if (!path) return saved;
		const write = () => writeAtomically(path, { ...file, spent: Object.fromEntries(spent) });
		// One after the other: two writers of one temporary file would mix their halves. A caller that waits for a write hears
		// that it failed; the next one is tried all the same.
		saved = saved.then(write, write);
		return saved;
	}

	if (directory && !found) {
		await mkdir(directory, { recursive: true, mode: 0o700 });
		await save();
	}
	return {
		signingKey: file.signingKey,
		sealingKey: Buffer.from(file.sealingKey, 'base64url'),
		async spendOnce(id, until, now) {
			if (spent.has(id)) return false;
			for (const [old, end] of spent) if (end < now.getTime()) spent.delete(old);
			spent.set(id, until.getTime());
			await save();
			return true;
		},
	};
}

async function newKeyFile(): Promise<KeyFile> {
	const { privateKey } = await generateKeyPair('RS256', { extractable: true });
	const jwk = await exportJWK(privateKey);
	return {
		signingKey: { ...jwk, kid: await calculateJwkThumbprint(jwk), alg: 'RS256', use: 'sig' },
		sealingKey: randomBytes(32).toString('base64url'),
		spent: {},
	};
}

async function readKeyFile(path: string): Promise<KeyFile | undefined> {
	let text: string;
	try {
		text = await readFile(path, 'utf8');
	} catch (error) {
		if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
		throw error;
	}
	try {
		return parseKeyFile(JSON.parse(text));
	} catch (cause) {
		throw new OperatorError(
			`The practice Microsoft cannot read its keys in ${path}; delete that file to start it anew.`,
			{ cause },
		);
	}
}

function parseKeyFile(value: unknown): KeyFile {
	const { signingKey, sealingKey, spent } = value as Partial<KeyFile>;
	if (typeof signingKey?.d !== 'string' || typeof signingKey.kid !== 'string') {
		throw new TypeError('no signing key');
	}
	if (typeof sealingKey !== 'string' || Buffer.from(sealingKey, 'base64url').length !== 32) {
		throw new TypeError('no sealing key');
	}
	return { signingKey, sealingKey, spent: { ...spent } };
}

// A process that is killed in the middle leaves the old file whole: the new one takes its name only when it is on disk.
async function writeAtomically(path: string, content: KeyFile): Promise<void> {
	const temporary = `${path}.new`;
	await rm(temporary, { force: true });
	const file = await open(temporary, 'wx', 0o600);
	try {
		await file.writeFile(JSON.stringify(content));
		await file.sync();
	} finally {
		await file.close();
	}
	await rename(temporary, path);
}
