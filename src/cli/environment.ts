// The settings of this process: its environment, and the `.env` file in the project's folder for what the
// environment does not say.

import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseSettings, type Settings } from '../lib/server/settings/settings.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Throws `OperatorError`. */
export function readSettings(): Settings {
	const file = `${ROOT}.env`;
	if (existsSync(file)) process.loadEnvFile(file);
	return parseSettings(process.env, ROOT);
}
