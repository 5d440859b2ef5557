import { readdir, rename, rm, writeFile } from 'node:fs/promises';
import node from '@sveltejs/adapter-node';
import { vitePreprocess } from '@sveltejs/vite-plugin-svelte';
import { build } from 'vite';
import { preloadedFiles } from './scripts/preloaded-files.js';

const out = 'build/page';

const adapter = node({ out });

/**
 * The server's part in one file, without source maps. SvelteKit would load a route at its first request, from a file that an
 * update has taken away by then.
 */
async function bundleServer() {
	const outDir = `${out}/bundled`;
	await build({
		configFile: false,
		publicDir: false,
		logLevel: 'warn',
		oxc: false,
		ssr: { noExternal: true },
		build: {
			ssr: true,
			outDir,
			target: 'node20',
			minify: false,
			rolldownOptions: {
				tsconfig: false,
				input: { handler: `${out}/handler.js` },
				output: { codeSplitting: false },
			},
		},
	});
	const names = await readdir(out);
	const unbundled = names.filter((name) => name === 'server' || /[.](js|map)$/.test(name));
	for (const name of unbundled) await rm(`${out}/${name}`, { recursive: true });
	await rename(`${outDir}/handler.js`, `${out}/handler.js`);
	await rm(outDir, { recursive: true });
}

/** @type {import('@sveltejs/kit').Config} */
export default {
	preprocess: vitePreprocess(),
	kit: {
		adapter: {
			...adapter,
			// adapter-node streams files from the disk, and a download that is broken off leaves one open for ever. So it
			// finds none: src/http/static-files.ts answers them from memory.
			async adapt(builder) {
				await adapter.adapt(builder);
				await rename(`${out}/client`, `${out}/files`);
				await writeFile(`${out}/preloaded-files.json`, JSON.stringify(await preloadedFiles()));
				await bundleServer();
			},
		},
		// Our own guard in hooks.server.ts is stricter: every POST, whatever its content type, and in our own words.
		csrf: { trustedOrigins: ['*'] },
		csp: {
			mode: 'nonce',
			directives: {
				'default-src': ['none'],
				'script-src': ['self'],
				'style-src': ['self'],
				// The one inline style attribute there is: that of SvelteKit's route announcer.
				'style-src-attr': ['unsafe-hashes', 'sha256-S8qMpvofolR8Mpjy4kQvEm7m1q8clzU4dfDH0AmvZjo='],
				'connect-src': ['self'],
				'img-src': ['self'],
				'font-src': ['self'],
				'form-action': ['self'],
				'base-uri': ['none'],
				'object-src': ['none'],
				'frame-ancestors': ['none'],
				'require-trusted-types-for': ['script'],
				'trusted-types': ['svelte-trusted-html'],
			},
		},
	},
};
