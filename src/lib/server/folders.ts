// Where this program is, and where an operator's own files are, whether it runs from source, built, or installed.

import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of package.json: the build is below it as the source is, and both stand at some depth of their own. */
export const PROJECT_FOLDER = findProjectFolder(dirname(fileURLToPath(import.meta.url)));

/**
 * Where `.env` is, and what relative paths start from. In a checkout that is its own folder, wherever the command was
 * given. An installed package is replaced with all that is in it by the next update, so there it is the working folder.
 */
export function operatorFolder(): string {
	return isCheckout() ? PROJECT_FOLDER : process.cwd();
}

/** How an operator gives commands here: a package brings `mailkey` on the PATH. */
export function commandName(): string {
	return isCheckout() ? 'npm run mailkey --' : 'mailkey';
}

/** A package brings no source. */
export function isCheckout(): boolean {
	return existsSync(join(PROJECT_FOLDER, 'src'));
}

function findProjectFolder(folder: string): string {
	if (existsSync(join(folder, 'package.json'))) return folder;
	const above = dirname(folder);
	if (above === folder) throw new Error('there is no package.json above the program');
	return findProjectFolder(above);
}
