// Loaded into a process of the product (`node --import`): writes down every module that it loads, one a line.

import { appendFileSync } from 'node:fs';
import { createRequire, register } from 'node:module';
import { isMainThread } from 'node:worker_threads';

const file = process.env['RECORD_MODULES'] ?? '';

if (isMainThread) {
	register(import.meta.url);
	// What a module requires goes by no hook on Node.js 20.
	process.on('exit', () => {
		const { cache } = createRequire(import.meta.url);
		for (const path of Object.keys(cache)) appendFileSync(file, `${path}\n`);
	});
}

/**
 * @param {string} specifier
 * @param {object} context
 * @param {(specifier: string, context: object) => Promise<{ url: string }>} next
 */
export async function resolve(specifier, context, next) {
	const resolved = await next(specifier, context);
	appendFileSync(file, `${resolved.url}\n`);
	return resolved;
}
