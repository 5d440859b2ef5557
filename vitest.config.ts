// The tests that need no browser. Without SvelteKit's plugin: what they test imports nothing of it, and
// runs on the server as plain TypeScript too.

import { defineConfig } from 'vitest/config';

export default defineConfig({
	test: {
		// Each worker of the flow tests keeps a database busy; more than two only make each other wait.
		maxWorkers: 2,
		projects: [
			{
				test: {
					name: 'unit',
					include: ['tests/unit/**/*.test.ts'],
				},
			},
			{
				test: {
					name: 'flows',
					include: ['tests/flows/**/*.test.ts'],
					globalSetup: ['tests/support/global-postgres.ts'],
					testTimeout: 30_000,
					hookTimeout: 60_000,
				},
			},
		],
	},
});
