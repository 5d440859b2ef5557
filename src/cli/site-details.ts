// The options that `site add`, `site change` and the columns of a list of sites have in common.

import type { Command } from 'commander';
import { resolve } from 'node:path';
import {
	MAIL_PROTOCOLS,
	mapProtocols,
	PROTOCOL_FACTS,
	type MailProtocol,
} from '../lib/domain/mail-protocol.ts';
import type { App } from '../lib/server/app/app.ts';
import { readLogoFile } from '../lib/server/settings/logo.ts';
import { repeatable } from './repeatable.ts';

export type DetailOptions = Partial<Record<`${MailProtocol}Server`, string>> & {
	protocols?: string;
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
	command.option(
		'--protocols <list>',
		`what the site uses, of ${MAIL_PROTOCOLS.join(',')}: only these rights are asked for`,
	);
	for (const protocol of MAIL_PROTOCOLS) {
		command.option(
			`--${protocol}-server <url>`,
			`what owners enter, in place of Microsoft’s: ${gatewayUrl(protocol)}`,
		);
	}
	return command
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

/** The usual reason to have others. */
function gatewayUrl(protocol: MailProtocol): string {
	const { ownerSchemes, gatewayPort } = PROTOCOL_FACTS[protocol];
	const scheme = ownerSchemes.find(({ security }) => security === 'starttls');
	return `${scheme?.name ?? ''}//gateway.example:${gatewayPort}`;
}

/** Logos are read from `folder`. */
export function siteDetailsOf(options: DetailOptions, folder: string): SiteDetails {
	const { protocols, supportUrl, advice, webhookUrl, requireLink, ownerMail, noticesTo } = options;
	const addReturnUrls = [...(options.addReturnUrl ?? []), ...(options.returnUrl ?? [])];
	const links = { requireLink, addReturnUrls, removeReturnUrls: options.removeReturnUrl };
	const logo = readLogo(options.logo, folder);
	return {
		protocols,
		servers: mapProtocols((protocol) => options[`${protocol}Server`]),
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
