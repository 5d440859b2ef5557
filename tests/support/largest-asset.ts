// The file of the build that takes longest to send.

import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ASSETS = '_app/immutable/chunks';

/** Its path at the helper. */
export function largestAsset(): string {
	const folder = fileURLToPath(new URL(`../../build/page/files/${ASSETS}`, import.meta.url));
	const size = (name: string) => statSync(join(folder, name)).size;
	const [largest = ''] = readdirSync(folder).toSorted((a, b) => size(b) - size(a));
	return `/${ASSETS}/${largest}`;
}
