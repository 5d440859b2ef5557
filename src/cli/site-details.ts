// The options that `site add`, `site change` and the columns of a list of sites have in common.

import type { Command } from 'commander';
import { resolve } from 'node:path';
import type { App } from '../lib/server/app/app.ts';
import { readLogoFile } from '../lib/server/settings/logo.ts';
import { repeatable } from './repeatable.ts';

export type DetailOptions = {
	protocols?: string;
	imapServer?: string;
	popServer?: string;
	smtpServer?: string;
	supportUrl?: string;
	advice?: string;
	webhookUrl?: string;
	logo?: string;
	requireLink?: string;
	ownerMail?: string;
	noticesTo?: string;
	addReturnUrl?: string[];
	removeReturnUrl?: string[];
	returnUrl?: string[];
};

type SiteDetails = Omit<
	Parameters<App['registerSite']>[0],
	'url' | 'name' | 'mailDomains' | 'tenants' | 'anyMailbox'
>;

/** Every page that names the site loads it, and a database with hundreds of sites holds them all. */
const MAX_LOGO_KB = 64;

export function addDetailOptions(command: Command): Command {
	return command
		.option(
			'--protocols <list>',
			'what the site uses, of imap,pop,smtp: only these rights are asked for',
		)
		.option(
			'--imap-server <url>',
			'what owners enter, in place of Microsoft’s: imap://gateway.example:1143',
		)
		.option('--pop-server <url>', 'the same for POP: pop3://gateway.example:1110')
		.option('--smtp-server <url>', 'the same for SMTP: smtp://gateway.example:1587')
		.option('--support-url <url>', 'where owners of its mailboxes get help')
		.option('--advice <text>', 'one line for its owners')
		.option(
			'--require-link <yes|no>',
			'people sign in by its own connect links alone, or no longer',
		)
		.addOption(
			repeatable('--add-return-url <url>', 'where its connect links may send people back to'),
		)
		.option(
			'--webhook-url <url>',
			'where its events are posted to; a new one prints its secret once',
		)
		.option(
			'--owner-mail <yes|no>',
			'write to those who signed in when they must act, or no longer',
		)
		.option('--notices-to <address>', 'write to this address in their place; none ends it')
		.option('--logo <file>', `PNG, SVG, WebP or JPEG, at most ${MAX_LOGO_KB} KB`);
}

/** Logos are read from `folder`. */
export function siteDetailsOf(options: DetailOptions, folder: string): SiteDetails {
	const { protocols, imapServer: imap, popServer: pop, smtpServer: smtp } = options;
	const { supportUrl, advice, webhookUrl, requireLink, ownerMail, noticesTo } = options;
	const addReturnUrls = [...(options.addReturnUrl ?? []), ...(options.returnUrl ?? [])];
	const links = { requireLink, addReturnUrls, removeReturnUrls: options.removeReturnUrl };
	const logo = readLogo(options.logo, folder);
	return {
		protocols,
		servers: { imap, pop, smtp },
		supportUrl,
		advice,
		webhookUrl,
		...{ ownerMail, noticesTo },
		...links,
		logo,
	};
}

function readLogo(path: string | undefined, folder: string): SiteDetails['logo'] {
	if (path === undefined || path === 'none') return path;
	const logo = readLogoFile('--logo', resolve(folder, path), MAX_LOGO_KB);
	return typeof logo === 'string' ? { fault: logo } : logo;
}
