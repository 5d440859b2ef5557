// `<NAME>_FILE`: a variable that can hold a secret may name a file with it instead, as Docker and Kubernetes give them.

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { OperatorError } from '../../domain/operator-error.ts';
import { pathForFault } from './path-for-fault.ts';
import type { Environment } from './reader.ts';

const SECRET_VARIABLES = [
	'DATABASE_URL',
	'DATABASE_DIRECT_URL',
	'MICROSOFT_CLIENT_SECRET',
	'TOKEN_KEYS',
	'NOTICES_SMTP',
	'MAILKEY_SITE_KEY',
] as const;

/** A secret is short; what is longer is another file, or has no end. */
const MAX_LENGTH = 100_000;

/**
 * The environment with the content of the files that it names; relative paths start at `root`. Throws `OperatorError`
 * with a sentence for each fault, before anything else is said to be missing.
 */
export function withSecretFiles(environment: Environment, root: string): Environment {
	const faults: string[] = [];
	const read: Record<string, string> = {};
	for (const name of SECRET_VARIABLES) {
		const path = environment[`${name}_FILE`]?.trim();
		if (!path) continue;
		if (environment[name]?.trim()) {
			faults.push(`${name} and ${name}_FILE are both set: keep one of them.`);
			continue;
		}
		const content = readSecret(resolve(root, path));
		if (content.ok) read[name] = content.text;
		else {
			faults.push(
				`${name}_FILE must be the path of a file with what ${name} would hold (${pathForFault(path)}: ${content.reason}).`,
			);
		}
	}
	if (faults.length > 0) throw new OperatorError(faults);
	return { ...environment, ...read };
}

function readSecret(file: string): { ok: true; text: string } | { ok: false; reason: string } {
	try {
		const text = readFileSync(file, 'utf8').trimEnd();
		if (text === '') return { ok: false, reason: 'it is empty' };
		if (text.length > MAX_LENGTH) return { ok: false, reason: 'it is too long' };
		return { ok: true, text };
	} catch (error) {
		const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
		return { ok: false, reason: code };
	}
}
