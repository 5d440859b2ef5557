// `mailkey keys …`

import { generateTokenKey } from '../lib/server/vault/key-ring.ts';

/** The id says when the key was made, so that the newest is seen at a glance. */
export function generateKey({ json }: { json?: true }): void {
	const key = generateTokenKey(`k${new Date().toISOString().slice(0, 10).replaceAll('-', '')}`);
	process.stdout.write(`${json ? JSON.stringify({ key }) : key}\n`);
}
