// `mailkey keys generate`, which needs nothing of the helper.

import { randomBytes } from 'node:crypto';
import { generateTokenKey } from '../lib/server/vault/key-ring.ts';
import type { JsonOption } from './print.ts';

/** The id says when the key was made, so that the newest is seen at a glance; two of a day differ all the same. */
export function generateKey({ json }: JsonOption): void {
	const day = new Date().toISOString().slice(0, 10).replaceAll('-', '');
	const key = generateTokenKey(`k${day}-${randomBytes(3).toString('hex')}`);
	process.stdout.write(`${json ? JSON.stringify({ key }) : key}\n`);
}
