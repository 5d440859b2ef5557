// Builds the programs, with the packages that they use: a file for each command, loaded when the command is given. Read
// from node_modules, the same code takes twice as long to load. Without source maps: names and lines stay readable, and maps
// would more than double the package.

import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const root = fileURLToPath(new URL('..', import.meta.url));

await buildProgram('src/cli/main.ts', 'build/mailkey');
await buildProgram('src/cli/mailkey-gateway.ts', 'packages/gateway/dist');

/**
 * @param {string} main
 * @param {string} outDir
 */
async function buildProgram(main, outDir) {
	await build({
		root,
		configFile: false,
		publicDir: false,
		logLevel: 'warn',
		// The bundler takes TypeScript by itself, and no tsconfig.json, which extends one that only SvelteKit makes.
		oxc: false,
		ssr: { noExternal: true },
		build: {
			ssr: true,
			outDir,
			emptyOutDir: true,
			target: 'node20',
			minify: false,
			license: { fileName: 'licences.md' },
			rolldownOptions: {
				tsconfig: false,
				input: { main },
				output: { entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' },
			},
		},
	});
}
