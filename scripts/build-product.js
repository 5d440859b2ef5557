// `npm run build`, and before `npm pack`: page, server, command line and mail gateway as plain JavaScript. What is built
// from these sources already is not built again.

import { ensureBuilt } from './build.js';
import { ensureInstalled } from './install.js';
import { runScript } from './plain-fault.js';

await runScript(async () => {
	await ensureInstalled('devDependencies');
	await ensureBuilt();
	console.error('Built: build/page, build/mailkey, packages/gateway/dist.');
	return 0;
});
