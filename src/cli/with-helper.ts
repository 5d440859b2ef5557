// Runs one command with a helper, whether the server runs or not, and leaves nothing running behind.

import type { Helper } from '../lib/server/app/app.ts';
import { readSettings } from './environment.ts';
import { startHelper } from './start-helper.ts';

export async function withHelper<Result>(
	command: (helper: Helper) => Promise<Result>,
): Promise<Result> {
	const started = await startHelper({ ...readSettings(), logLevel: 'error' }, 'command');
	try {
		return await command(started.helper);
	} finally {
		await started.stop();
	}
}
