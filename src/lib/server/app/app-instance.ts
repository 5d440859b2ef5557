// Where the process puts its helper for SvelteKit to find. SvelteKit's server is a bundle of its own, in
// production and in development, so the two share no module; they share the process.

import type { Helper } from './app.ts';

const SLOT = Symbol.for('mailkey.helper');

export function provideHelper(helper: Helper): void {
	Object.defineProperty(globalThis, SLOT, { value: helper, configurable: true });
}

export function providedHelper(): Helper {
	const helper: unknown = Reflect.get(globalThis, SLOT);
	if (helper === undefined) {
		throw new Error('SvelteKit was started without a helper: use "npm start" or "npm run dev"');
	}
	return parseHelper(helper);
}

/** Only `provideHelper` writes there. */
function parseHelper(value: unknown): Helper {
	return value as Helper;
}
