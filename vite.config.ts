import { sveltekit } from '@sveltejs/kit/vite';
import { defineConfig } from 'vite';

/** What the first look at a page needs. What is fetched later must not be among it, but for what is too small for a file. */
const START = [
	'node_modules/(svelte|esm-env|clsx|devalue|@sveltejs/kit)/',
	'src/lib/browser/(code-lock|delay-abort|early-post|fault|live-region|obstacle|return-fragment|sign-ins)',
	'src/lib/components/(rich-text|typed-entries|visitor-words)',
	'src/lib/components/(Address|Advice|ErrorSummary|Field|Icon|LanguageList|MicrosoftButton|ResultSkeleton|RichText|SignInForm|Steps)',
	'src/lib/domain/(language|sign-in)[.]',
	'src/lib/words/start-words',
	'src/routes/[+](error|layout)',
	'src/routes/microsoft365_oauth.html/([+]page|ending[.]|entry-parts|journey|leave-for-microsoft)',
];

/** What looks at the entries once a field is filled in. */
const ENTRIES = [
	'src/lib/browser/entries[.]',
	'src/lib/components/(consent|Site(Face|Help|Offer)[.])',
	'src/lib/domain/(host-name|mailbox-address|page-url|plain-text|punycode|site-face|site-url)[.]',
	'src/lib/problems/field-faults',
	'src/routes/microsoft365_oauth.html/check-entries',
];

/** What the rest of the return from Microsoft needs, and other pages share with it. */
const SIGNED_IN = [
	'src/lib/(browser/(?!microsoft)|components/(?!PracticeAccounts)|domain/|problems/)',
	'src/routes/microsoft365_oauth.html/(?!ending-parts|entries[.])',
];

/**
 * One file each: in several it is compressed several times, and each file costs a browser milliseconds.
 * What is imported dynamically is in none, so that SvelteKit finds the styles that belong to it.
 */
const groups = Object.entries({ start: START, entries: ENTRIES, 'signed-in': SIGNED_IN }).map(
	([name, parts]) => ({ name, test: new RegExp(`/(${parts.join('|')})`) }),
);

export default defineConfig({
	plugins: [sveltekit()],
	environments: {
		client: { build: { rolldownOptions: { output: { codeSplitting: { groups } } } } },
	},
});
