// `mailkey site …`: the application sites and their keys.

import { MAIL_PROTOCOLS } from '../lib/domain/mail-protocol.ts';
import { OperatorError } from '../lib/domain/operator-error.ts';
import type { App } from '../lib/server/app/app.ts';
import { count } from './count.ts';
import { confirm, type ConfirmOption } from './confirm.ts';
import { durationOption } from './duration.ts';
import { printJson, printList, printRecord, type JsonOption } from './print.ts';
import { siteDetailsOf, type DetailOptions } from './site-details.ts';
import { addSitesFrom } from './sites-file.ts';
import { stopRequested } from './stop-requested.ts';
import { MAKES_DATABASE, withApp } from './with-app.ts';
import { workingFolder } from './working-folder.ts';

export type AddSiteOptions = JsonOption & {
	name?: string;
	mailDomain: string[];
	tenant: string[];
	anyMailbox?: true;
	from?: string;
} & DetailOptions;

export async function addSite(url: string, options: AddSiteOptions): Promise<void> {
	if (options.from !== undefined) return addSitesFrom(options.from, options);
	const details = siteDetailsOf(options, workingFolder());
	const added = await withApp(async (app) => {
		const site = await app.registerSite({
			url,
			name: options.name ?? '',
			mailDomains: options.mailDomain,
			tenants: options.tenant,
			anyMailbox: options.anyMailbox ?? false,
			...details,
		});
		const warnings = await app.warningsOnMailDomains(options.mailDomain, options.tenant);
		for (const warning of warnings) process.stderr.write(`${warning}\n`);
		return site;
	}, MAKES_DATABASE);
	const { webhookSecret, ...registered } = added;
	const secret = webhookSecret === undefined ? {} : { webhook_secret: webhookSecret };
	if (options.json) return printJson({ ...registered, ...secret });
	process.stdout.write(
		`Registered ${added.site} as site ${added.id}.\nIts key, shown only this once:\n${added.key}\n${secretInWords(webhookSecret)}`,
	);
}

export async function listSites(options: JsonOption): Promise<void> {
	const sites = await withApp((app) => app.listSites());
	printList('sites', sites.map(report), ['id', 'site', 'name', 'takes', 'status'], options);
}

export async function showSite(url: string, options: JsonOption): Promise<void> {
	printRecord(report(await withApp((app) => app.showSite(url))), options);
}

export type ChangeSiteOptions = JsonOption & {
	name?: string;
	addMailDomain: string[];
	removeMailDomain: string[];
	addTenant: string[];
	removeTenant: string[];
	anyMailbox?: string;
} & DetailOptions;

export async function changeSite(url: string, options: ChangeSiteOptions): Promise<void> {
	const { name, anyMailbox } = options;
	const details = siteDetailsOf(options, workingFolder());
	const changed = await withApp(async (app) => {
		const site = await app.changeSite(url, {
			...details,
			...{ name, anyMailbox },
			addMailDomains: options.addMailDomain,
			removeMailDomains: options.removeMailDomain,
			addTenants: options.addTenant,
			removeTenants: options.removeTenant,
		});
		const warnings = await app.warningsOnMailDomains(options.addMailDomain, site.tenants);
		for (const warning of warnings) process.stderr.write(`${warning}\n`);
		return site;
	});
	const { webhookSecret } = changed;
	const secret = webhookSecret !== undefined && { webhook_secret: webhookSecret };
	printRecord({ ...report(changed), ...(options.json && secret) }, options);
	if (!options.json) process.stdout.write(secretInWords(webhookSecret));
}

function secretInWords(secret: string | undefined): string {
	return secret === undefined
		? ''
		: `The secret of its webhook, shown only this once:\n${secret}\n`;
}

/** Scripts may go without `--yes`: it can be undone. */
export async function disableSite(url: string, options: JsonOption & ConfirmOption): Promise<void> {
	const site = await withApp(async (app) => {
		const use = await app.useOfSite(url, 'disabling');
		const warning = `Disabling ${use.site} ends its keys and its sign-ins: ${inWords(use)}.`;
		const answer = await confirm(warning, 'Disable it?', options);
		if (answer === 'no') throw new OperatorError(`${use.site} was not disabled.`);
		return app.disableSite(url);
	});
	if (options.json) printJson({ site, status: 'disabled' });
	else
		process.stdout.write(
			`Disabled ${site}: its keys no longer work, and nobody can sign in for it. Undo it with mailkey site enable ${site}.\n`,
		);
}

export async function enableSite(url: string, options: JsonOption): Promise<void> {
	const { site, begun } = await withApp(async (app) => ({
		begun: await app.findBegunRemoval(url),
		site: await app.enableSite(url),
	}));
	if (options.json) printJson({ site, status: 'active' });
	else process.stdout.write(`Enabled ${site}: its keys work again.\n`);
	if (begun === undefined) return;
	process.stderr.write(
		`Its removal was begun and not finished: ${count(begun.revoked, 'identifier')} revoked for good, and of its sign-ins and connect links some or all are gone. To finish it: mailkey site disable ${site}, then mailkey site remove ${site}.\n`,
	);
}

export async function removeSite(url: string, options: JsonOption & ConfirmOption): Promise<void> {
	const { site, revoked, droppedEvents } = await withApp(async (app) => {
		const use = await app.useOfSite(url, 'removing');
		const events = use.waitingEvents === 0 ? '' : ` ${dropped(use.waitingEvents)}.`;
		const warning = `Removing ${use.site} revokes its identifiers for good: ${inWords(use)}.${events}`;
		const answer = await confirm(warning, 'Remove it?', options);
		if (answer === 'no') throw new OperatorError(`${use.site} was not removed.`);
		if (answer === 'no_terminal') {
			throw new OperatorError(`${use.site} was not removed: say --yes where nobody can be asked.`);
		}
		return removeInBatches(app, use);
	});
	if (options.json)
		return printJson({ site, status: 'removed', revoked, dropped_events: droppedEvents });
	const events = droppedEvents === 0 ? '' : ` ${dropped(droppedEvents)}.`;
	process.stdout.write(
		`Removed ${site} and revoked ${count(revoked, 'identifier')}. What the audit trail tells of it stays.${events}\n`,
	);
}

/** What it has come to goes to standard error, also where it is stopped or fails. */
async function removeInBatches(
	app: App,
	{ site, connected }: { site: string; connected: number },
): Promise<Awaited<ReturnType<App['removeSite']>>> {
	const stopping = new AbortController();
	void stopRequested().then(() => stopping.abort());
	let revoked = 0;
	const onRevoked = (soFar: number) => {
		if (soFar === revoked) return;
		revoked = soFar;
		if (revoked < connected) process.stderr.write(`revoked ${revoked} identifiers so far\n`);
	};
	try {
		return await app.removeSite(site, { onRevoked, signal: stopping.signal });
	} catch (error) {
		if (revoked > 0)
			process.stderr.write(
				`${site} is removed in part, with ${count(revoked, 'identifier')} revoked. Go on with mailkey site remove ${site}.\n`,
			);
		throw error;
	}
}

function dropped(events: number): string {
	return `${count(events, 'event')} that its webhook has not taken ${events === 1 ? 'goes' : 'go'} with it`;
}

/** A week: a mail engine that works asks at least that often. */
function inWords({ connected, usedSince }: { connected: number; usedSince: number }): string {
	if (connected === 0) return 'no mailbox is connected';
	return `${count(connected, 'mailbox', 'mailboxes')} connected, ${usedSince} of them used in the last week`;
}

export async function rotateSiteKey(
	url: string,
	options: JsonOption & { grace: string },
): Promise<void> {
	const graceMs = durationOption('--grace', options.grace, '24h, 30m, 7d or 0');
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
	const { protocols, ownerServers, supportUrl, advice, webhookUrl, logoDigest } = site;
	const { requiresLink, returnUrls, ownerMail, noticesTo } = site;
	return {
		id,
		site: url,
		name,
		takes: [...mailDomains, ...tenants, ...(anyMailbox ? ['any mailbox'] : [])],
		mail_domains: mailDomains,
		tenants,
		any_mailbox: anyMailbox,
		protocols,
		...Object.fromEntries(
			MAIL_PROTOCOLS.map((protocol) => [`${protocol}_server`, ownerServers[protocol] ?? null]),
		),
		support_url: supportUrl ?? null,
		advice: advice ?? null,
		webhook_url: webhookUrl ?? null,
		logo_sha256: logoDigest ?? null,
		owner_mail: ownerMail,
		notices_to: noticesTo ?? null,
		require_link: requiresLink,
		return_urls: returnUrls,
		status: disabledAt ? 'disabled' : 'active',
		created_at: createdAt.toISOString(),
		keys: keys.map((key) => ({
			created_at: key.createdAt.toISOString(),
			expires_at: key.expiresAt?.toISOString() ?? null,
			last_used_at: key.lastUsedAt?.toISOString() ?? null,
		})),
	};
}
