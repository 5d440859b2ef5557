// `npm run bench`: each file of tests/bench in turn, alone on the machine as far as we are concerned.
// `npm run bench -- page` runs those whose name contains "page".

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureBuilt } from './build.js';
import { ensureInstalled } from './install.js';
import { PlainFault, runScript } from './plain-fault.js';
import { readTypeScript } from './read-typescript.js';
import { projectFolder } from './run-tool.js';

const folder = join(projectFolder, 'tests', 'bench');

await runScript(async () => {
	await ensureInstalled('devDependencies');
	await ensureBuilt();
	await readTypeScript();
	for (const name of benchmarks(process.argv[2] ?? '')) {
		console.log(`\n${name}`);
		const { run } = await import(pathToFileURL(join(folder, name)).href);
		await run();
	}
	return 0;
});

/** @param {string} part */
function benchmarks(part) {
	const names = readdirSync(folder).filter((name) => name.endsWith('.bench.ts'));
	const chosen = names.filter((name) => name.includes(part)).sort();
	if (chosen.length === 0) throw new PlainFault(`No benchmark in tests/bench is named "${part}".`);
	return chosen;
}
