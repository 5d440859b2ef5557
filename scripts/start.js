// `npm start`, and with --dev `npm run dev`: from a fresh clone to the running helper.

import { runMailkey } from './mailkey.js';
import { adviceOn } from './node-version.js';
import { runScript } from './plain-fault.js';

await runScript(async () => {
	const advice = adviceOn(process.versions.node);
	if (advice) console.error(advice);
	if (process.argv[2] === '--dev') return develop();
	process.env['NODE_ENV'] ??= 'production';
	return runMailkey(['serve', ...process.argv.slice(2)]);
});

/** The tests run the source too; everything else runs what was built of it. */
async function develop() {
	const { ensureInstalled } = await import('./install.js');
	const { readTypeScript } = await import('./read-typescript.js');
	const { ensureWords } = await import('./words.js');
	await ensureInstalled('devDependencies');
	await ensureWords();
	await readTypeScript();
	const { develop } = await import('../src/cli/develop.ts');
	return develop();
}
