// The settings of this process: its environment, and the `.env` file in the operator's folder for what the
// environment does not say.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { operatorFolder } from '../lib/server/folders.ts';
import { parseSettings, type Settings } from '../lib/server/settings/settings.ts';

/** Throws `OperatorError`. */
export function readSettings(): Settings {
	const folder = operatorFolder();
	const file = join(folder, '.env');
	if (existsSync(file)) process.loadEnvFile(file);
	return parseSettings(process.env, folder);
}
