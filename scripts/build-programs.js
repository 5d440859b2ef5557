// Builds the programs: a file for each command, loaded when the command is given.

import { bundle } from './bundle.js';

await buildProgram('src/cli/main.ts', 'build/mailkey');
await buildProgram('src/cli/mailkey-gateway.ts', 'packages/gateway/dist');

/**
 * @param {string} main
 * @param {string} outDir
 */
async function buildProgram(main, outDir) {
	await bundle({
		input: { main },
		outDir,
		output: { entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' },
		more: { emptyOutDir: true, license: { fileName: 'licences.md' } },
	});
}
