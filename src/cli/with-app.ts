// Runs one command with an app, whether the server runs or not, and leaves nothing running behind.

import type { App } from '../lib/server/app/app.ts';
import { readSettings } from './environment.ts';
import { startApp } from './start-app.ts';

export async function withApp<Result>(command: (app: App) => Promise<Result>): Promise<Result> {
	const started = await startApp({ ...readSettings(), logLevel: 'error' }, 'command');
	try {
		return await command(started.app);
	} finally {
		await started.stop();
	}
}
