// What the practice Microsoft has to remember over a restart: the key that signs ID tokens, the key that seals codes
// and tokens, and the codes that are spent. All that was issued is sealed with that key and carried by its holder, so
// there is no list of tokens to keep, and old refresh tokens stay valid as they do at Microsoft.

import { randomBytes } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose';
import { OperatorError } from '../../lib/domain/operator-error.ts';
import { writeOnce } from '../whole-file.ts';
import { keepSpentCodes, rememberSpentCodes, type SpentCodes } from './spent-codes.ts';

export type PracticeKeys = SpentCodes & {
	signingKey: JWK;
	sealingKey: Uint8Array;
};

type KeyFile = { signingKey: JWK; sealingKey: string };

// Makes the keys at the first start. Without a directory they live in memory only.
export async function loadPracticeKeys(directory: string | undefined): Promise<PracticeKeys> {
	const file = directory === undefined ? await newKeyFile() : await keptKeyFile(directory);
	const spent =
		directory === undefined
			? rememberSpentCodes()
			: await keepSpentCodes(join(directory, 'spent-codes'));
	return {
		...spent,
		signingKey: file.signingKey,
		sealingKey: Buffer.from(file.sealingKey, 'base64url'),
	};
}

// The helper and its commands may start at once, each with a practice Microsoft of its own: the keys of the first count.
async function keptKeyFile(directory: string): Promise<KeyFile> {
	const path = join(directory, 'practice-microsoft.json');
	const found = await readKeyFile(path);
	if (found) return found;
	await mkdir(directory, { recursive: true, mode: 0o700 });
	const made = await newKeyFile();
	const isFirst = await writeOnce(path, JSON.stringify(made), { mode: 0o600 });
	return isFirst ? made : keptKeyFile(directory);
}

async function newKeyFile(): Promise<KeyFile> {
	const { privateKey } = await generateKeyPair('RS256', { extractable: true });
	const jwk = await exportJWK(privateKey);
	return {
		signingKey: { ...jwk, kid: await calculateJwkThumbprint(jwk), alg: 'RS256', use: 'sig' },
		sealingKey: randomBytes(32).toString('base64url'),
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
	const { signingKey, sealingKey } = value as Partial<KeyFile>;
	if (typeof signingKey?.d !== 'string' || typeof signingKey.kid !== 'string') {
		throw new TypeError('no signing key');
	}
	if (typeof sealingKey !== 'string' || Buffer.from(sealingKey, 'base64url').length !== 32) {
		throw new TypeError('no sealing key');
	}
	return { signingKey, sealingKey };
}
