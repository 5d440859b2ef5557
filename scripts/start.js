// `npm start`, and with --dev `npm run dev`: from a fresh clone to the running helper.

import { ensureBuilt } from './build.js';
import { ensureInstalled } from './install.js';
import { runMailkey } from './mailkey.js';
import { runScript } from './plain-fault.js';

const development = '--dev';

await runScript(async () => {
	const args = process.argv.slice(2);
	await ensureInstalled('dependencies');
	if (!args.includes(development)) {
		await ensureBuilt();
		process.env['NODE_ENV'] ??= 'production';
	}
	return runMailkey(['serve', ...args]);
});
