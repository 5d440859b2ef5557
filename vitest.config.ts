// The tests that need no browser. Without SvelteKit's plugin: what they test imports nothing of it, and
// runs on the server as plain TypeScript too.

import { defineConfig } from 'vitest/config';

export default defineConfig({
	test: {
		// For two processors: a third of the time of the flow tests is waiting.
		maxWorkers: 3,
		projects: [
			{
				test: {
					name: 'unit',
					include: ['tests/unit/**/*.test.ts'],
					// What hangs is what fails, and not a busy machine.
					testTimeout: 30_000,
				},
			},
			{
				test: {
					name: 'flows',
					include: ['tests/flows/**/*.test.ts'],
					globalSetup: ['tests/support/global-postgres.ts'],
					testTimeout: 30_000,
					// As long as until() waits: a state that does not come is what fails, and not a busy machine.
					expect: { poll: { timeout: 10_000 } },
					hookTimeout: 60_000,
				},
			},
		],
	},
});
