// What the page shows of a registered site: as the operator registered it, and in words.

import type { MailProtocol } from './mail-protocol.ts';
import type { SiteUrl } from './site-url.ts';

export type SiteFace = {
	url: SiteUrl;
	name: string;
	/** What it uses. */
	protocols: readonly MailProtocol[];
	supportUrl: string | undefined;
	advice: string | undefined;
	/** Of its logo. */
	logoPath: string | undefined;
};

/** What is known here of a site URL that somebody entered. */
export type FoundSite =
	| { kind: 'registered'; face: SiteFace }
	/** The one registered site of that host: what was entered is a page of it. */
	| { kind: 'same_host'; url: SiteUrl; name: string }
	| { kind: 'unknown' };

/** In the place of the mailbox, where that is not known yet. */
export const MAILBOX_PLACE = '{mailbox}';

type Part =
	| { type: 'text'; value: string }
	| { type: 'markup-start' | 'markup-end' | 'markup-standalone'; name: string };

/** What its owner is about to allow, where that is not all: with `MAILBOX_PLACE` in it, and without a mailbox. */
export type SiteConsent = { url: SiteUrl; of_mailbox: Part[]; of_site: Part[] };

export type SiteFaceInWords = Pick<SiteFace, 'url' | 'name' | 'logoPath'> & {
	title: string;
	/** Who says it, and what. */
	advice?: { from: string; text: string };
	help?: { url: string; text: string };
	/** Where it uses not all: what to say in place of the usual. */
	consent?: SiteConsent;
	ownAccount?: string;
};

/** The site to press, where another URL of its host was entered. */
export type SiteOffer = { url: string; message: string; button: string };

export type FoundSiteInWords = { face?: SiteFaceInWords; offer?: SiteOffer };
