// Each line of the table of import directions, seen to refuse: a rule that silently stopped matching would be
// worse than none. That ESLint asks the table is tested in conventions.test.ts.

import { expect, test } from 'vitest';
import { importFault } from '../../scripts/import-directions.js';

const allowed: [file: string, specifier: string, kind?: 'type'][] = [
	['src/lib/domain/identifier.ts', './mailbox-address.ts'],
	['src/lib/problems/explain.ts', '../domain/problem.ts'],
	['src/lib/components/field.svelte', '$lib/domain/site-url.ts'],
	['src/lib/components/field.svelte', 'svelte/attachments'],
	['src/lib/browser/microsoft.ts', '@azure/msal-browser'],
	['src/lib/server/microsoft/id-token.ts', 'jose'],
	['src/lib/server/sites/site-store.ts', 'drizzle-orm/pg-core'],
	['src/lib/server/owners/session-store.ts', '@lucia-auth/adapter-drizzle'],
	['src/lib/server/owners/sessions.ts', 'lucia'],
	['src/lib/server/vault/vault.ts', 'node:crypto'],
	['src/lib/server/sign-ins/redeem-code.ts', '../microsoft/token-endpoint.ts'],
	['src/lib/server/sign-ins/redeem-code.ts', '../../problems/explain.ts'],
	['src/lib/server/sign-ins/begin-sign-in.ts', '../settings/settings.ts', 'type'],
	['src/lib/server/sign-ins/redeem-code.ts', '../tokens/stored-token-store.ts', 'type'],
	['src/lib/server/sign-ins/redeem-code.ts', '../sites/look-up-mail-domain.ts'],
	['src/lib/server/sign-ins/completion-store.ts', './sign-in-store.ts'],
	['src/lib/server/sign-ins/redeem-code.ts', '../app/services.ts', 'type'],
	['src/lib/server/app/create-services.ts', '../tokens/stored-token-store.ts'],
	['src/lib/server/app/app.ts', '../sign-ins/redeem-code.ts'],
	['src/routes/+page.svelte', '$lib/components/field.svelte'],
	['src/routes/+page.server.ts', './$types', 'type'],
	['src/routes/+layout.svelte', '../app.css'],
	['src/hooks.server.ts', '@sveltejs/kit', 'type'],
	['src/app.d.ts', '$lib/server/owners/sessions', 'type'],
	['src/cli/practice.ts', '../practice/microsoft/practice-microsoft.ts'],
	['src/cli/main.ts', 'commander'],
	['src/practice/microsoft/id-token.ts', 'jose'],
];

const refused: [file: string, specifier: string, kind?: 'type'][] = [
	['src/lib/domain/identifier.ts', '../problems/explain.ts'],
	['src/lib/domain/identifier.ts', 'node:crypto'],
	['src/lib/domain/identifier.ts', 'svelte', 'type'],
	['src/lib/problems/explain.ts', '../server/log.ts', 'type'],
	['src/lib/components/field.svelte', '$lib/server/app/app.ts'],
	['src/lib/components/field.svelte', '@azure/msal-browser'],
	['src/lib/browser/poll.ts', '@azure/msal-browser', 'type'],
	['src/lib/browser/poll.ts', '../components/field.svelte'],
	['src/lib/browser/microsoft.ts', '$app/navigation'],
	['src/lib/server/microsoft/id-token.ts', '../mail/imap.ts'],
	['src/lib/server/microsoft/id-token.ts', '../vault/vault.ts', 'type'],
	['src/lib/server/mail/imap.ts', '../microsoft/authority.ts', 'type'],
	['src/lib/server/mail/imap.ts', '../../problems/explain.ts'],
	['src/lib/server/vault/vault.ts', '../database/schema.ts'],
	['src/lib/server/vault/vault.ts', 'jose'],
	['src/lib/server/sites/site-store.ts', '../app/services.ts', 'type'],
	['src/lib/server/sites/site-store.ts', '../tokens/stored-token-store.ts'],
	['src/lib/server/owners/session-store.ts', 'lucia'],
	['src/lib/server/owners/sessions.ts', './session-store.ts'],
	['src/lib/server/owners/sessions.ts', 'drizzle-orm'],
	['src/lib/server/sign-ins/redeem-code.ts', '../settings/settings.ts'],
	['src/lib/server/sign-ins/redeem-code.ts', '../tokens/stored-token-store.ts'],
	['src/lib/server/sign-ins/redeem-code.ts', '../limits/store.ts'],
	['src/lib/server/sign-ins/redeem-code.ts', '../app/app.ts', 'type'],
	['src/lib/server/sign-ins/redeem-code.ts', 'drizzle-orm'],
	['src/lib/server/sign-ins/redeem-code.ts', 'oauth4webapi'],
	['src/lib/server/sign-ins/redeem-code.ts', '@sveltejs/kit'],
	['src/lib/server/sign-ins/redeem-code.ts', '$lib/domain/problem.ts'],
	['src/lib/server/app/app.ts', '../../../practice/microsoft/practice-microsoft.ts'],
	['src/lib/server/app/app.ts', '$env/dynamic/private'],
	['src/routes/+page.server.ts', '$lib/server/sign-ins/redeem-code.ts'],
	['src/routes/+page.server.ts', '$lib/server/database/schema/tables.ts', 'type'],
	['src/routes/+page.server.ts', '$lib/server/owners/sessions'],
	['src/routes/+page.server.ts', '../practice/microsoft/practice-microsoft.ts'],
	['src/hooks.server.ts', './lib/server/settings/settings.ts'],
	['src/cli/site.ts', '../lib/server/sites/register-site.ts'],
	['src/cli/site.ts', '../routes/healthz/+server.ts'],
	['src/practice/microsoft/id-token.ts', '../../lib/server/microsoft/id-token.ts'],
	['src/http/request-handler.ts', '../practice/microsoft/practice-microsoft.ts'],
	['src/lib/utils.ts', './domain/problem.ts'],
	['src/routes/+page.server.ts', '$lib/utils.ts'],
];

test.each(allowed)('%s may import %s', (file, specifier, kind) => {
	expect(importFault(file, specifier, kind ?? 'value')).toBeUndefined();
});

test.each(refused)('%s may not import %s', (file, specifier, kind) => {
	expect(importFault(file, specifier, kind ?? 'value')).toMatch(
		/may|knows no|belongs to no module|\$lib/,
	);
});
