// What the page says below the email address before anybody signs in, and the command line when a site is
// registered. A hint and no verdict: the metadata can lag, and nobody is stopped by it.

import type { CloudName } from '../domain/cloud.ts';
import type { MailDomainHome } from '../domain/mail-domain-home.ts';
import type { Language } from '../words/languages.ts';
import { PROBLEM_WORDS } from '../words/problem-words.ts';
import { isolate } from './say.ts';

/** Undefined when there is nothing to say. */
export function noteOnMailDomain(
	domain: string,
	home: MailDomainHome,
	language: Language,
): string | undefined {
	const words = PROBLEM_WORDS[language];
	const named = isolate({ domain }, language);
	if (home.home === 'not_at_microsoft') return words.domain_not_at_microsoft(named);
	if (home.home !== 'other_cloud') return undefined;
	return words.domain_in_other_cloud({ ...named, cloud: cloudName(home.cloud, language) });
}

function cloudName(cloud: CloudName, language: Language): string {
	const words = PROBLEM_WORDS[language];
	const names = {
		global: words.cloud_global,
		'us-gov': words.cloud_us_gov,
		'us-dod': words.cloud_us_dod,
		china: words.cloud_china,
	};
	return names[cloud]({});
}

/** For the operator who registers a site with `--mail-domain`. */
export function warningOnMailDomain(domain: string, home: MailDomainHome): string | undefined {
	if (home.home === 'not_at_microsoft') {
		return `Microsoft does not know the domain ${domain}, so it counts as someone else's and no account may connect its mailboxes. If they belong to an organisation at Microsoft under another domain, name its tenant: --tenant <tenant id>.`;
	}
	if (home.home === 'other_cloud') {
		return `${domain} lives in ${cloudName(home.cloud, 'en')}: nobody of it can sign in at this helper. See MICROSOFT_CLOUD (${home.cloud}).`;
	}
	return undefined;
}
