// Where the process puts its app for SvelteKit to find. SvelteKit's server is a bundle of its own, in
// production and in development, so the two share no module; they share the process.

import type { App } from './app.ts';

const SLOT = Symbol.for('mailkey.app');

export function provideApp(app: App): void {
	Object.defineProperty(globalThis, SLOT, { value: app, configurable: true });
}

export function providedApp(): App {
	const app: unknown = Reflect.get(globalThis, SLOT);
	if (app === undefined) {
		throw new Error('SvelteKit was started without an app: use "npm start" or "npm run dev"');
	}
	return parseApp(app);
}

/** Only `provideApp` writes there. */
function parseApp(value: unknown): App {
	return value as App;
}
