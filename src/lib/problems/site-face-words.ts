// What the page says of a site that a link names or somebody has filled in: chosen on the server, so that no browser loads
// these words for the other sites.

import {
	MAILBOX_PLACE,
	type FoundSite,
	type FoundSiteInWords,
	type SiteConsent,
	type SiteFace,
	type SiteFaceInWords,
} from '../domain/site-face.ts';
import {
	MAIL_PROTOCOLS,
	PROTOCOL_FACTS,
	useOf,
	type MailProtocol,
} from '../domain/mail-protocol.ts';
import type { SiteUrl } from '../domain/site-url.ts';
import { tagOf, type Language } from '../domain/language.ts';
import { PROBLEM_WORDS } from '../words/problem-words.ts';
import { isolate } from './say.ts';

export function foundSiteInWords(found: FoundSite, language: Language): FoundSiteInWords {
	if (found.kind === 'unknown') return {};
	if (found.kind === 'registered') return { face: siteFaceInWords(found.face, language) };
	const words = PROBLEM_WORDS[language];
	const { url, name } = found;
	const message = words.site_offer(isolate({ url }, language));
	return { offer: { url, message, button: words.site_offer_button(isolate({ name }, language)) } };
}

function siteFaceInWords(face: SiteFace, language: Language): SiteFaceInWords {
	const { url, name, logoPath, supportUrl } = face;
	const words = PROBLEM_WORDS[language];
	const use = useOf(face.protocols);
	return {
		...{ url, name, logoPath },
		title: words.site_face_title({}),
		...(face.advice && { advice: { from: words.site_face_advice({}), text: face.advice } }),
		...(supportUrl && { help: { url: supportUrl, text: words.site_face_help({}) } }),
		...(use !== 'both' && { consent: consentTo(url, use, language) }),
		...(face.protocols.length < MAIL_PROTOCOLS.length && {
			ownAccount: words.advice_own_account_of({
				example: 'equis@mycompany.com',
				protocols: namesOf(face.protocols, language),
			}),
		}),
	};
}

function namesOf(protocols: readonly MailProtocol[], language: Language): string {
	const names = protocols.map((protocol) => PROTOCOL_FACTS[protocol].name);
	return new Intl.ListFormat(tagOf(language), { type: 'disjunction' }).format(names);
}

/** To read and to send is what the page says anyway. */
function consentTo(url: SiteUrl, use: 'read' | 'send', language: Language): SiteConsent {
	const words = PROBLEM_WORDS[language];
	const site = url.replace('https://', '');
	const mailbox = MAILBOX_PLACE;
	return use === 'read'
		? {
				url,
				of_mailbox: words.consent_read.parts({ site, mailbox }),
				of_site: words.consent_read_site.parts({ site }),
			}
		: {
				url,
				of_mailbox: words.consent_send.parts({ site, mailbox }),
				of_site: words.consent_send_site.parts({ site }),
			};
}
