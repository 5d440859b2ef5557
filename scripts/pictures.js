// `npm run pictures`: takes the pictures in docs/images again, from a real helper in the state that each shows.

import { ensureBuilt } from './build.js';
import { ensureInstalled } from './install.js';
import { runScript } from './plain-fault.js';
import { readTypeScript } from './read-typescript.js';

await runScript(async () => {
	await ensureInstalled('devDependencies');
	await ensureBuilt();
	await readTypeScript();
	const { takePictures } = await import('../tests/support/pictures.ts');
	await takePictures();
	return 0;
});
