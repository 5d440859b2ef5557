// What a compiler does not tell: the house rules of the code, each beside its reason where it is ours.

import js from '@eslint/js';
import regexp from 'eslint-plugin-regexp';
import svelte from 'eslint-plugin-svelte';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';
import { importDirectionsRule } from './scripts/import-directions-rule.js';
import { reasonedReminders } from './scripts/reasoned-reminders.js';
import { replacedNamesRule } from './scripts/replaced-names-rule.js';
import svelteConfig from './svelte.config.js';

// A type is asserted only where an unknown value is parsed; anywhere else it would hide a mistake.
const assertions = {
	selector:
		':matches(TSAsExpression, TSTypeAssertion)' +
		':not([typeAnnotation.typeName.name="const"])' +
		':not(FunctionDeclaration[id.name=/^parse/] *)',
	message: 'Only a function whose name starts with "parse" may assert a type.',
};

// Words for people are in src/lib/words, in every language: a title beside a code would be in English alone.
const titles = {
	selector: 'Property[key.name="title"] > :matches(Literal, TemplateLiteral)',
	message: 'Words for people belong in src/lib/words.',
};

// Clock and randomness are parameters there, so that a test can move the one and know the other.
const clockAndRandomness = [
	'CallExpression[callee.name="Date"]',
	'NewExpression[callee.name="Date"][arguments.length=0]',
	'MemberExpression[object.name="Date"][property.name="now"]',
	'MemberExpression[object.name="Math"][property.name="random"]',
	'MemberExpression[object.name="performance"][property.name="now"]',
	'MemberExpression[object.name="crypto"][property.name=/^(random|getRandomValues)/]',
	'ImportDeclaration[source.value="node:crypto"] > ImportSpecifier[imported.name=/^random/]',
].map((selector) => ({ selector, message: 'Clock and randomness are parameters here.' }));

export default defineConfig(
	{
		ignores: [
			'.svelte-kit/',
			'build/',
			'packages/client/dist/',
			'packages/gateway/dist/',
			'src/lib/words/compiled/',
			'data/',
			'test-results/',
			'playwright-report/',
		],
	},
	{ linterOptions: { reportUnusedDisableDirectives: 'error' } },
	{
		files: ['**/*.{js,ts,svelte}'],
		extends: [js.configs.recommended, tseslint.configs.strict],
		plugins: {
			regexp,
			mailkey: {
				rules: {
					'import-directions': importDirectionsRule,
					'reasoned-reminders': reasonedReminders,
					'replaced-names': replacedNamesRule,
				},
			},
		},
		rules: {
			eqeqeq: ['error', 'always', { null: 'ignore' }],
			'mailkey/reasoned-reminders': 'error',
			'mailkey/replaced-names': 'error',
			'no-console': 'error',
			// Input from outside must not decide how long a match takes.
			'regexp/no-super-linear-backtracking': ['error', { report: 'potential' }],
			'regexp/no-super-linear-move': ['error', { report: 'potential' }],
			// A comment in the block is the reason that makes it lawful.
			'no-empty': 'error',
			'no-restricted-syntax': ['error', assertions],
			'max-lines': ['error', 400],
			'object-shorthand': 'error',
			// The compilers know what is defined, and where.
			'no-undef': 'off',
			'@typescript-eslint/no-unused-vars': [
				'error',
				{ argsIgnorePattern: '^_', ignoreRestSiblings: true },
			],
			'@typescript-eslint/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
		},
	},
	{
		files: ['src/**/*.{ts,svelte}', 'tests/**/*.ts'],
		extends: [tseslint.configs.strictTypeCheckedOnly],
		languageOptions: {
			parserOptions: { projectService: true, extraFileExtensions: ['.svelte'] },
		},
		rules: {
			// Numbers say in a template what they say elsewhere.
			'@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
			// What a flow may touch is handed over as an object of functions and taken apart at once; of the few
			// classes here nobody hands a method around.
			'@typescript-eslint/unbound-method': 'off',
			// `return stop('…')` is how a function here ends early.
			'@typescript-eslint/no-confusing-void-expression': 'off',
		},
	},
	{
		// Last of those that name a parser: each of TypeScript's configurations names its own.
		files: ['**/*.svelte'],
		extends: [svelte.configs['flat/recommended']],
		languageOptions: { parserOptions: { parser: tseslint.parser, svelteConfig } },
		rules: {
			// There is no base path to resolve a link against.
			'svelte/no-navigation-without-resolve': 'off',
			// ESLint takes an imported component for `any`; svelte-check knows what it is.
			'@typescript-eslint/no-unsafe-argument': 'off',
			'@typescript-eslint/no-unsafe-assignment': 'off',
			'@typescript-eslint/no-unsafe-call': 'off',
			'@typescript-eslint/no-unsafe-member-access': 'off',
			'@typescript-eslint/no-unsafe-return': 'off',
		},
	},
	{
		files: ['src/**'],
		rules: {
			'mailkey/import-directions': 'error',
			'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
		},
	},
	{
		// A store is one function around its verbs.
		files: ['src/lib/server/*/{*-store,store}.ts'],
		rules: {
			'max-lines-per-function': ['error', { max: 100, skipBlankLines: true, skipComments: true }],
		},
	},
	{
		files: [
			'src/lib/domain/**',
			'src/lib/server/{sign-ins,tokens,mailbox-checks,sites,owners,approvals,audit,limits}/**',
		],
		// Stores make row ids, and Lucia's sessions are random; both are tested as they are.
		ignores: ['src/lib/server/*/{*-store,store}.ts', 'src/lib/server/owners/sessions.ts'],
		rules: { 'no-restricted-syntax': ['error', assertions, ...clockAndRandomness] },
	},
	{
		files: ['src/lib/problems/**'],
		rules: { 'no-restricted-syntax': ['error', assertions, titles] },
	},
	{
		files: ['src/cli/**', 'scripts/**', 'bin/**', 'tests/bench/**', 'tests/drill/**'],
		rules: { 'no-console': 'off' },
	},
	{
		files: ['tests/**'],
		rules: {
			'max-lines': 'off',
			'no-restricted-syntax': 'off',
			'@typescript-eslint/no-non-null-assertion': 'off',
		},
	},
	{
		files: ['tests/{unit,flows,browser}/**', 'tests/support/**'],
		// What plays somebody slow: a server, a client with a rhythm, the start of a race.
		ignores: [
			'tests/support/{until,vault-process,submission-server,start-lock-racer}.ts',
			'tests/flows/{gateway-half-closed,gateway-guessing,vault-database}.test.ts',
			'tests/unit/connections.test.ts',
		],
		rules: {
			'no-restricted-imports': [
				'error',
				{
					paths: [
						{
							name: 'node:timers/promises',
							importNames: ['setTimeout', 'setInterval'],
							message: 'Wait for a state: tests/support/until.ts.',
						},
					],
				},
			],
		},
	},
);
