// `npm run drill`: rehearses backup and restore against throw-away databases (docs/backup.md). `npm run drill -- upgrade`: the
// last tag's build beside this one, and the way back (docs/upgrade.md). Neither is part of the tests.

import { ensureBuilt } from './build.js';
import { ensureInstalled } from './install.js';
import { PlainFault, runScript } from './plain-fault.js';
import { readTypeScript } from './read-typescript.js';

/** @type {Record<string, () => Promise<{ run(): Promise<void> }>>} */
const DRILLS = {
	backup: () => import('../tests/drill/backup.ts'),
	upgrade: () => import('../tests/drill/upgrade.ts'),
};

await runScript(async () => {
	const load = DRILLS[process.argv[2] ?? 'backup'];
	if (load === undefined) {
		throw new PlainFault(`The drills are ${Object.keys(DRILLS).join(' and ')}.`);
	}
	await ensureInstalled('devDependencies');
	await ensureBuilt();
	await readTypeScript();
	const { run } = await load();
	await run();
	return 0;
});
