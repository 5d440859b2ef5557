// `mailkey site …`: the application sites and their keys.

import { OperatorError } from '../lib/domain/operator-error.ts';
import type { App } from '../lib/server/app/app.ts';
import { parseDuration } from './duration.ts';
import { printJson, printList, printRecord, type JsonOption } from './print.ts';
import { addSitesFrom } from './sites-file.ts';
import { withApp } from './with-app.ts';

export type AddSiteOptions = JsonOption & {
	name?: string;
	mailDomain: string[];
	tenant: string[];
	anyMailbox?: true;
	from?: string;
};

export async function addSite(url: string, options: AddSiteOptions): Promise<void> {
	if (options.from !== undefined) return addSitesFrom(options.from, options);
	const added = await withApp(async (app) => {
		const site = await app.registerSite({
			url,
			name: options.name ?? '',
			mailDomains: options.mailDomain,
			tenants: options.tenant,
			anyMailbox: options.anyMailbox ?? false,
		});
		const warnings = await app.warningsOnMailDomains(options.mailDomain, options.tenant);
		for (const warning of warnings) process.stderr.write(`${warning}\n`);
		return site;
	});
	if (options.json) return printJson(added);
	process.stdout.write(
		`Registered ${added.site} as site ${added.id}.\nIts key, shown only this once:\n${added.key}\n`,
	);
}

export async function listSites(options: JsonOption): Promise<void> {
	const sites = await withApp((app) => app.listSites());
	printList('sites', sites.map(report), ['id', 'site', 'name', 'takes', 'status'], options);
}

export async function showSite(url: string, options: JsonOption): Promise<void> {
	printRecord(report(await withApp((app) => app.showSite(url))), options);
}

export async function disableSite(url: string, options: JsonOption): Promise<void> {
	const site = await withApp((app) => app.disableSite(url));
	if (options.json) printJson({ site, status: 'disabled' });
	else
		process.stdout.write(
			`Disabled ${site}: its keys no longer work, and nobody can sign in for it.\n`,
		);
}

export async function rotateSiteKey(
	url: string,
	options: JsonOption & { grace: string },
): Promise<void> {
	const graceMs = parseDuration(options.grace);
	if (graceMs === undefined) {
		throw new OperatorError(`--grace ${options.grace} is no duration: write 24h, 30m, 7d or 0.`);
	}
	const { site, key, oldKeysEndAt } = await withApp((app) => app.rotateSiteKey(url, graceMs));
	const until = oldKeysEndAt.toISOString();
	if (options.json) printJson({ site, key, old_keys_end_at: until });
	else
		process.stdout.write(
			`The new key of ${site}, shown only this once:\n${key}\nOld keys work until ${until}.\n`,
		);
}

type RegisteredSite = Awaited<ReturnType<App['showSite']>>;

function report(site: RegisteredSite): Record<string, unknown> {
	const { id, url, name, mailDomains, tenants, anyMailbox, createdAt, disabledAt, keys } = site;
	return {
		id,
		site: url,
		name,
		takes: [...mailDomains, ...tenants, ...(anyMailbox ? ['any mailbox'] : [])],
		mail_domains: mailDomains,
		tenants,
		any_mailbox: anyMailbox,
		status: disabledAt ? 'disabled' : 'active',
		created_at: createdAt.toISOString(),
		keys: keys.map((key) => ({
			created_at: key.createdAt.toISOString(),
			expires_at: key.expiresAt?.toISOString() ?? null,
			last_used_at: key.lastUsedAt?.toISOString() ?? null,
		})),
	};
}
