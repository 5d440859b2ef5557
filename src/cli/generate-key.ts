// `mailkey keys generate`, which needs nothing of the helper.

import { generateTokenKey } from '../lib/server/vault/key-ring.ts';
import type { JsonOption } from './print.ts';

/** The id says when the key was made, so that the newest is seen at a glance. */
export function generateKey({ json }: JsonOption): void {
	const key = generateTokenKey(`k${new Date().toISOString().slice(0, 10).replaceAll('-', '')}`);
	process.stdout.write(`${json ? JSON.stringify({ key }) : key}\n`);
}
