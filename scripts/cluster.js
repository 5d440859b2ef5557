// `npm run cluster`: rehearses failovers of a real PostgreSQL cluster (docs/scaling.md). Not part of the tests.

import { ensureBuilt } from './build.js';
import { ensureInstalled } from './install.js';
import { runScript } from './plain-fault.js';
import { readTypeScript } from './read-typescript.js';

await runScript(async () => {
	await ensureInstalled('devDependencies');
	await ensureBuilt();
	await readTypeScript();
	const { run } = await import('../tests/drill/cluster.ts');
	await run();
	return 0;
});
