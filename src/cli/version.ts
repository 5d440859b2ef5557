// What `--version` says.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT_FOLDER } from '../lib/server/folders.ts';

/** Of the package that this program came in. */
export function ownVersion(): string {
	const { version } = parsePackage(readFileSync(join(PROJECT_FOLDER, 'package.json'), 'utf8'));
	return version;
}

function parsePackage(text: string): { version: string } {
	return JSON.parse(text) as { version: string };
}
