import { sveltekit } from '@sveltejs/kit/vite';
import { defineConfig } from 'vite';

/** What every page needs. In a dozen files it is compressed a dozen times, and 1 KB longer. */
const onEveryPage = [
	{ name: 'framework', test: /node_modules\/(svelte|esm-env|clsx|devalue|@sveltejs\/kit)\// },
	{
		name: 'shared',
		test: /src\/lib\/(domain|words\/languages|browser\/(fault|return-fragment)|components\/(Address|RichText|rich-text|visitor-words|typed-entries))/,
	},
];

export default defineConfig({
	plugins: [sveltekit()],
	environments: {
		client: {
			build: { rolldownOptions: { output: { codeSplitting: { groups: onEveryPage } } } },
		},
	},
});
