import { sveltekit } from '@sveltejs/kit/vite';
import { defineConfig } from 'vite';

/** What the first look at a page needs. What is fetched later must not be among it, but for what is too small for a file. */
const START = [
	'node_modules/(svelte|esm-env|clsx|devalue|@sveltejs/kit)/',
	'src/lib/browser/(code-lock|fault|live-region|obstacle|return-fragment|sign-ins)',
	'src/lib/components/(rich-text|typed-entries|visitor-words)',
	'src/lib/components/(Address|Advice|ErrorSummary|Field|Icon|LanguageList|MicrosoftButton|ResultSkeleton|RichText|SignInForm|Steps)',
	'src/lib/domain/(language|sign-in)[.]',
	'src/lib/words/start-words',
	'src/routes/[+](error|layout)',
	'src/routes/microsoft365_oauth.html/([+]page|ending[.]|entry-parts|journey|leave-for-microsoft)',
];

/** One file: in several it is compressed several times, and 1 to 2 KB longer. */
const groups = [{ name: 'start', test: new RegExp(`/(${START.join('|')})`) }];

export default defineConfig({
	plugins: [sveltekit()],
	environments: {
		client: { build: { rolldownOptions: { output: { codeSplitting: { groups } } } } },
	},
});
