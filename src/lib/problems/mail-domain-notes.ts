// What the page says below the email address before anybody signs in, and the command line when a site is
// registered. A hint and no verdict: the metadata can lag, and nobody is stopped by it.

import type { CloudName } from '../domain/cloud.ts';
import type { MailDomainHome } from '../domain/mail-domain-home.ts';
import type { Language } from '../domain/language.ts';
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

/** For the operator who registers sites with `--mail-domain`: one sentence for all domains of a kind. */
export function warningOnMailDomains(
	domains: readonly string[],
	home: MailDomainHome,
): string | undefined {
	if (home.home === 'not_at_microsoft') {
		const [subject, they, their] = isOne(domains)
			? [`the domain ${domains.join()}`, 'it counts', 'its']
			: [namesOf(domains), 'they count', 'their'];
		return `Microsoft does not know ${subject}, so ${they} as someone else's and no account may connect ${their} mailboxes. If they belong to an organisation at Microsoft under another domain, name its tenant: --tenant <tenant id>.`;
	}
	if (home.home === 'other_cloud') {
		const [subject, them] = isOne(domains)
			? [`${domains.join()} lives`, 'it']
			: [`${namesOf(domains)} live`, 'them'];
		return `${subject} in ${cloudName(home.cloud, 'en')}: nobody of ${them} can sign in at this helper. See MICROSOFT_CLOUD (${home.cloud}).`;
	}
	return undefined;
}

function isOne(domains: readonly string[]): boolean {
	return domains.length === 1;
}

/** Enough to find them in a list of hundreds. */
const MAX_NAMED = 5;

function namesOf(domains: readonly string[]): string {
	const named = domains.slice(0, MAX_NAMED).join(', ');
	const rest = domains.length - MAX_NAMED;
	return `${domains.length} mail domains (${named}${rest > 0 ? ` and ${rest} more` : ''})`;
}
