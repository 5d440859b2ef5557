import { sveltekit } from '@sveltejs/kit/vite';
import { defineConfig } from 'vite';

const FRAMEWORK = /node_modules\/(svelte|esm-env|clsx|devalue|@sveltejs\/kit)\//;

/** What the first look at a page needs, below `src`. What is fetched later must not be among it. */
const START = [
	'lib/browser/(approvals|fault|live-region|return-fragment|sign-ins)',
	'lib/components/(rich-text|typed-entries|visitor-words)',
	'lib/components/(Address|Advice|ApprovalPanel|CopyButton|ErrorSummary|Field|LanguageList|RichText|SignInForm|Steps)',
	'lib/domain/',
	'lib/words/(languages|start-words)',
	'routes/[+](error|layout)',
	'routes/microsoft365_oauth.html/([+]page|check-entries|ending[.]|journey)',
];

/** In a dozen files it is compressed a dozen times, and 2 KB longer. */
const groups = [
	{ name: 'framework', test: FRAMEWORK },
	{ name: 'start', test: new RegExp(`/src/(${START.join('|')})`) },
];

export default defineConfig({
	plugins: [sveltekit()],
	environments: {
		client: { build: { rolldownOptions: { output: { codeSplitting: { groups } } } } },
	},
});
