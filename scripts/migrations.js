// Whether drizzle/ says what the schema says: drizzle-kit is asked for the next migration in a copy, and must
// find nothing to write. Migrations that landed are never edited, so a forgotten one has to be seen before.

import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { projectFolder, runTool } from './run-tool.js';

const schema = 'src/lib/server/database/schema/*.ts';
const migrations = 'drizzle';

export async function checkMigrations() {
	// Inside the project, because drizzle-kit takes a folder only relative to where it runs.
	const copy = mkdtempSync(join(projectFolder, 'node_modules', '.migrations-'));
	try {
		cpSync(join(projectFolder, migrations), copy, { recursive: true });
		return await generatesNothing(copy);
	} finally {
		rmSync(copy, { recursive: true });
	}
}

/** @param {string} copy */
async function generatesNothing(copy) {
	const before = filesIn(copy);
	const { status, output } = await runTool(
		'drizzle-kit',
		[
			'generate',
			'--dialect=postgresql',
			`--schema=${schema}`,
			`--out=${relative(projectFolder, copy)}`,
		],
		{ output: 'kept' },
	);
	if (status === 0 && filesIn(copy) === before) return true;
	console.error(output);
	console.error('The schema has changed and drizzle/ has not: run `npx drizzle-kit generate`.');
	return false;
}

/** @param {string} folder */
function filesIn(folder) {
	return readdirSync(folder, { recursive: true }).map(String).sort().join('\n');
}
