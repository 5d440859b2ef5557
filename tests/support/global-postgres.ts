// Vitest's global set-up: one PostgreSQL for the whole run, whose address the tests get by inject('postgresUrl').

import type { TestProject } from 'vitest/node';
import { startTestPostgres } from './postgres.ts';

declare module 'vitest' {
	interface ProvidedContext {
		postgresUrl: string;
	}
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
	const server = await startTestPostgres();
	project.provide('postgresUrl', server.url);
	return () => server.stop();
}
