// What the page says below the email address before anybody signs in, and the command line when a site is
// registered. A hint and no verdict: the metadata can lag, and nobody is stopped by it.

import type { CloudName } from '../domain/cloud.ts';
import type { MailDomainHome } from '../domain/mail-domain-home.ts';

const CLOUD_WORDS: Record<CloudName, string> = {
	global: 'the worldwide Microsoft cloud',
	'us-gov': 'Microsoft’s cloud for the US government (GCC High)',
	'us-dod': 'Microsoft’s cloud for the US Department of Defense',
	china: 'Microsoft’s cloud in China (21Vianet)',
};

/** Undefined when there is nothing to say. */
export function noteOnMailDomain(domain: string, home: MailDomainHome): string | undefined {
	if (home.home === 'not_at_microsoft') {
		return `Microsoft does not know ${domain} here. Check the spelling. If it is right, the mail of ${domain} is probably not at Microsoft 365, and the sign-in will not work.`;
	}
	if (home.home === 'other_cloud') {
		return `${domain} lives in another Microsoft cloud: ${CLOUD_WORDS[home.cloud]}. This page cannot connect its mailboxes. Ask whoever runs your site for the right page.`;
	}
	return undefined;
}

/** For the operator who registers a site with `--mail-domain`. */
export function warningOnMailDomain(domain: string, home: MailDomainHome): string | undefined {
	if (home.home === 'not_at_microsoft') {
		return `Microsoft does not know the domain ${domain}, so it counts as someone else's and no account may connect its mailboxes. If they belong to an organisation at Microsoft under another domain, name its tenant: --tenant <tenant id>.`;
	}
	if (home.home === 'other_cloud') {
		return `${domain} lives in ${CLOUD_WORDS[home.cloud]}: nobody of it can sign in at this helper. See MICROSOFT_CLOUD (${home.cloud}).`;
	}
	return undefined;
}
