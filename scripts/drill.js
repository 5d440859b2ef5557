// `npm run drill`: rehearses backup and restore against throw-away databases (docs/backup.md). Not part of the tests.

import { ensureBuilt } from './build.js';
import { ensureInstalled } from './install.js';
import { runScript } from './plain-fault.js';
import { readTypeScript } from './read-typescript.js';

await runScript(async () => {
	await ensureInstalled('devDependencies');
	await ensureBuilt();
	await readTypeScript();
	const { run } = await import('../tests/drill/backup.ts');
	await run();
	return 0;
});
