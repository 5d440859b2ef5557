// What an operator may say of a site besides its bounds, as typed: the name, the protocols that it uses, the servers that
// its owners enter, and its face on the page.

import { createHash } from 'node:crypto';
import type { Logo } from '../../domain/logo.ts';
import { parseMailboxAddress } from '../../domain/mailbox-address.ts';
import { MAIL_PROTOCOLS, PROTOCOL_FACTS, type MailProtocol } from '../../domain/mail-protocol.ts';
import { isReadableLine, MAX_ADVICE, MAX_SITE_NAME } from '../../domain/one-line.ts';
import { parseReturnUrl } from '../../domain/return-url.ts';
import { formsOfOwnerServer, parseOwnerServer } from '../../domain/owner-server.ts';
import { parseSupportUrl } from '../../domain/support-url.ts';
import { parseYesOrNo } from '../../domain/yes-or-no.ts';
import type { SiteDetails, SiteLogo } from './site-store.ts';

/** As typed. What is left out stays as it is; `none` clears. */
export type SiteOptions = {
	protocols?: string | undefined;
	servers?: Partial<Record<MailProtocol, string | undefined>> | undefined;
	supportUrl?: string | undefined;
	advice?: string | undefined;
	requireLink?: string | undefined;
	ownerMail?: string | undefined;
	noticesTo?: string | undefined;
	addReturnUrls?: readonly string[] | undefined;
	removeReturnUrls?: readonly string[] | undefined;
	/** Or why the file will not do. */
	logo?: Logo | 'none' | { fault: string } | undefined;
};

const NONE = 'none';

/** Adds a sentence to `faults` for each that will not do. */
export function parseSiteOptions(options: SiteOptions, faults: string[]): Partial<SiteDetails> {
	const { protocols, supportUrl, advice, requireLink, ownerMail, noticesTo, logo } = options;
	return {
		...(protocols !== undefined && { protocols: parseProtocols(protocols, faults) }),
		...parseServers(options.servers ?? {}, faults),
		...(supportUrl !== undefined && { supportUrl: parseHelp(supportUrl, faults) }),
		...(advice !== undefined && { advice: parseAdvice(advice, faults) }),
		...(requireLink !== undefined && {
			requiresLink: parseYesOrNo('--require-link', requireLink, faults),
		}),
		...(ownerMail !== undefined && {
			ownerMail: parseYesOrNo('--owner-mail', ownerMail, faults),
		}),
		...(noticesTo !== undefined && { noticesTo: parseNoticesTo(noticesTo, faults) }),
		...parseReturnUrls(options, faults),
		...(logo !== undefined && { logo: parseLogo(logo, faults) }),
	};
}

export function parseName(text: string, faults: string[]): string {
	const name = text.trim();
	if (name === '') faults.push('The name is missing: --name "EQuIS of My Company".');
	else if (!isReadableLine(name, MAX_SITE_NAME)) {
		faults.push(
			`--name must be one line of text, at most ${MAX_SITE_NAME} characters, without control characters or marks that turn its direction or are invisible.`,
		);
	}
	return name;
}

function parseReturnUrls(
	{ addReturnUrls = [], removeReturnUrls = [] }: SiteOptions,
	faults: string[],
): Partial<SiteDetails> {
	const parse = (option: string, texts: readonly string[]) =>
		texts
			.map((text) => {
				const url = parseReturnUrl(text.trim());
				if (url === undefined) faults.push(`${option} ${text} ${WRONG_RETURN_URL}`);
				return url;
			})
			.filter((url) => url !== undefined);
	return {
		...(addReturnUrls.length > 0 && { addReturnUrls: parse('--add-return-url', addReturnUrls) }),
		...(removeReturnUrls.length > 0 && {
			removeReturnUrls: parse('--remove-return-url', removeReturnUrls),
		}),
	};
}

const WRONG_RETURN_URL =
	'must be an https:// URL (http:// on localhost and loopback only) as a browser spells it, without user, fragment, and the parameters connect_link, code, state and error, which the helper adds.';

function parseProtocols(text: string, faults: string[]): MailProtocol[] {
	const named = text
		.toLowerCase()
		.split(/[\s,]+/)
		.filter(Boolean);
	const known = MAIL_PROTOCOLS.filter((protocol) => named.includes(protocol));
	const others = named.filter((name) => !known.some((protocol) => protocol === name));
	if (known.length === 0 || others.length > 0) {
		const accepted = MAIL_PROTOCOLS.join(', ');
		const what = others.length === 0 ? 'nothing' : others.join(', ');
		faults.push(`--protocols names ${what}: it takes any of ${accepted}, with commas between.`);
	}
	return known;
}

function parseServers(
	servers: NonNullable<SiteOptions['servers']>,
	faults: string[],
): Partial<SiteDetails> {
	const parsed: Partial<SiteDetails> = {};
	for (const protocol of MAIL_PROTOCOLS) {
		const text = servers[protocol];
		if (text === undefined) continue;
		if (text !== NONE && parseOwnerServer(protocol, text) === undefined) {
			const forms = formsOfOwnerServer(protocol);
			faults.push(
				`--${protocol}-server ${text} is no ${PROTOCOL_FACTS[protocol].name} server: ${forms}.`,
			);
		}
		parsed[`${protocol}Server`] = text === NONE ? null : text;
	}
	return parsed;
}

function parseHelp(text: string, faults: string[]): string | null {
	if (text === NONE) return null;
	const url = parseSupportUrl(text);
	if (url === undefined) {
		faults.push(
			`--support-url ${text} must be an https:// or mailto: URL, or an email address such as help@mycompany.com.`,
		);
	}
	return url ?? null;
}

function parseNoticesTo(text: string, faults: string[]): string | null {
	if (text === NONE) return null;
	const address = parseMailboxAddress(text);
	if (address.ok) return address.value;
	faults.push(`--notices-to ${text} must be an email address such as it@mycompany.com, or none.`);
	return null;
}

function parseAdvice(text: string, faults: string[]): string | null {
	const advice = text.trim();
	if (advice === NONE || advice === '') return null;
	if (isReadableLine(advice, MAX_ADVICE)) return advice;
	faults.push(
		`--advice must be one line of text, at most ${MAX_ADVICE} characters, without control characters or marks that turn its direction or are invisible.`,
	);
	return null;
}

function parseLogo(logo: NonNullable<SiteOptions['logo']>, faults: string[]): SiteLogo | null {
	if (logo === NONE) return null;
	if (!('fault' in logo)) return siteLogoOf(logo);
	faults.push(logo.fault);
	return null;
}

function siteLogoOf({ contentType, bytes }: Logo): SiteLogo {
	const digest = createHash('sha256').update(bytes).digest('base64url');
	return { contentType, bytes: Buffer.from(bytes), digest };
}
