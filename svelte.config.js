import { readdir, rename, rm } from 'node:fs/promises';
import node from '@sveltejs/adapter-node';
import { vitePreprocess } from '@sveltejs/vite-plugin-svelte';
import { bundle } from './scripts/bundle.js';
import { preloadedFiles } from './scripts/preloaded-files.js';

const out = 'build/page';

const adapter = node({ out });

/**
 * The server's part in one file, which knows the files that were built for browsers. SvelteKit would load a route at its
 * first request, from a file that an update has taken away by then.
 */
async function bundleServer() {
	const outDir = `${out}/bundled`;
	await bundle({
		input: { handler: `${out}/handler.js` },
		outDir,
		define: { PRELOADED_FILES: JSON.stringify(await preloadedFiles()) },
		output: { codeSplitting: false },
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
