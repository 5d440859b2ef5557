// Bundles what runs on the server with the packages that it uses. Read from node_modules, the same code takes twice as long
// to load. Without source maps: names and lines stay readable, and maps would more than double the package.

import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * @typedef {object} Bundle
 * @property {Record<string, string>} input the files that it starts from, by the names of what is built of them
 * @property {string} outDir
 * @property {Record<string, string>} [define] what stands for a name in the code
 * @property {import('vite').Rolldown.OutputOptions} output
 * @property {import('vite').BuildEnvironmentOptions} [more]
 */

/** @param {Bundle} bundle */
export async function bundle({ input, outDir, define = {}, output, more = {} }) {
	await build({
		root,
		configFile: false,
		publicDir: false,
		logLevel: 'warn',
		define,
		// The bundler takes TypeScript by itself, and no tsconfig.json, which extends one that only SvelteKit makes.
		oxc: false,
		ssr: { noExternal: true },
		build: {
			ssr: true,
			outDir,
			target: 'node20',
			minify: false,
			...more,
			rolldownOptions: { tsconfig: false, input, output },
		},
	});
}
