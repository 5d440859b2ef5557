// The conventions that ESLint enforces, each seen to refuse and to let pass, with the project's own
// configuration: a selector with a slip in it matches nothing and says nothing.

import { ESLint } from 'eslint';
import tseslint from 'typescript-eslint';
import { beforeAll, expect, test } from 'vitest';

// The files named below do not exist, so they have no types; these rules need none.
const eslint = new ESLint({ overrideConfig: [tseslint.configs.disableTypeChecked] });

async function reportedRules(filePath: string, code: string) {
	const [result] = await eslint.lintText(code, { filePath });
	return result?.messages.map(({ ruleId }) => ruleId) ?? [];
}

// The first look loads the configuration and all it names, which takes seconds on a busy machine.
beforeAll(() => reportedRules('src/example.ts', ''), 60_000);

const flow = 'src/lib/server/tokens/example.ts';
const component = 'src/lib/components/example.svelte';
const adapter = 'src/lib/server/mail/example.ts';

test.each([
	[flow, 'no-restricted-syntax', 'export const now = Date.now();'],
	[flow, 'no-restricted-syntax', 'export const now = new Date();'],
	[flow, 'no-restricted-syntax', 'export const chance = Math.random();'],
	[flow, 'no-restricted-syntax', 'export const id = crypto.randomUUID();'],
	[flow, 'no-restricted-syntax', "export { x }; import { randomBytes as x } from 'node:crypto';"],
	['src/lib/domain/example.ts', 'no-restricted-syntax', 'export const now = new Date();'],
	[flow, 'no-restricted-syntax', 'export const wide = {} as unknown;'],
	[adapter, 'no-restricted-syntax', 'export const wide = <unknown>{};'],
	[adapter, 'no-restricted-syntax', 'export function read(x: unknown) { return x as string; }'],
	[adapter, '@typescript-eslint/no-explicit-any', 'export const wide: any = 1;'],
	[adapter, 'no-empty', 'try { process.exit(); } catch {}'],
	[adapter, 'no-console', "console.log('hello');"],
	[adapter, 'mailkey/reasoned-reminders', '// TODO\nexport const x = 1;'],
	[adapter, 'mailkey/reasoned-reminders', '/* FIXME later */\nexport const x = 1;'],
	[adapter, 'mailkey/replaced-names', 'export function letGo() {}'],
	[adapter, 'mailkey/replaced-names', 'export const MOST_LOGINS = 3;'],
	[adapter, 'mailkey/replaced-names', "export type State = 'one_may_ask';"],
	['src/lib/server/mail/guess-brake.ts', 'mailkey/replaced-names', 'export const x = 1;'],
	[adapter, 'max-lines', '//\n'.repeat(401)],
	[adapter, 'max-lines-per-function', `export function long() {\n${'void 0;\n'.repeat(61)}}`],
	[flow, 'mailkey/import-directions', "import 'lucia';"],
	[flow, 'mailkey/import-directions', "import type { Lucia } from 'lucia';"],
	[flow, 'mailkey/import-directions', "export { Lucia } from 'lucia';"],
	[flow, 'mailkey/import-directions', "export * from 'lucia';"],
	[flow, 'mailkey/import-directions', "export const lucia = await import('lucia');"],
	[flow, 'mailkey/import-directions', "export type Lucia = import('lucia').Lucia;"],
	[flow, 'mailkey/import-directions', "export type All = typeof import('lucia');"],
	[component, 'mailkey/import-directions', "<script>import '@azure/msal-browser';</script>"],
	[component, 'no-restricted-syntax', '<script lang="ts">export const x = {} as unknown;</script>'],
	[component, 'svelte/no-at-html-tags', "{@html '<b>'}"],
])('in %s the rule %s refuses %s', async (filePath, rule, code) => {
	expect(await reportedRules(filePath, code)).toContain(rule);
});

test.each([
	[flow, 'export const then = new Date(0);'],
	[flow, "import { createHash } from 'node:crypto';\nexport const hash = createHash('sha256');"],
	[adapter, 'export const now = Date.now();'],
	[adapter, 'export function parseText(x: unknown) { return x as string; }'],
	[adapter, "export const names = ['imap', 'pop'] as const;"],
	[adapter, 'try { process.exit(); } catch {\n\t// Nobody is left to tell.\n}'],
	[adapter, '// TODO: because Exchange answers this only since version 2\nexport const x = 1;'],
	['src/lib/server/owners/sessions.ts', "import 'lucia';"],
	[component, "<script>import '$lib/domain/site-url.ts';</script>"],
	['src/cli/example.ts', "console.log('hello');"],
	['tests/unit/example.test.ts', 'export const wide = {} as { deep: string };'],
])('in %s nothing refuses %s', async (filePath, code) => {
	expect(await reportedRules(filePath, code)).toEqual([]);
});
