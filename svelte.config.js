import { rename, writeFile } from 'node:fs/promises';
import node from '@sveltejs/adapter-node';
import { vitePreprocess } from '@sveltejs/vite-plugin-svelte';
import { preloadedFiles } from './scripts/preloaded-files.js';

const out = 'build/page';

const adapter = node({ out });

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
