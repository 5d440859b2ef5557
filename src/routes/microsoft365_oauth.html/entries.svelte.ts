// What is known here of the entries, while somebody types them, and whether they can be used.

import { findEnteredSite, noteOnMailDomain } from '$lib/browser/entries';
import { mailDomainOf, parseMailboxAddress } from '$lib/domain/mailbox-address';
import { parsePageUrl } from '$lib/domain/page-url';
import type { FoundSiteInWords } from '$lib/domain/site-face';

export { checkEntries } from './check-entries';
export { consentTo } from '$lib/components/consent';
export { default as SiteFace } from '$lib/components/SiteFace.svelte';
export { default as SiteHelp } from '$lib/components/SiteHelp.svelte';
export { default as SiteOffer } from '$lib/components/SiteOffer.svelte';

/** Nobody is asked while somebody still types. */
const SETTLED_MS = 500;

type Entered = { site: () => string; email: () => string };
/** What nobody needs to be asked about. */
type Known = { site: string | undefined; email: string };
type Show = {
	found: (found: FoundSiteInWords) => void;
	note: (note: string | undefined) => void;
};

/** Shows what there is to know each time that another site or mail domain is entered. */
export function followEntries({ site, email }: Entered, atFirst: Known, show: Show): void {
	$effect.root(() => {
		// Derived, so that a letter which changes neither leaves what is being asked.
		const asked = $derived(askedOf(site()));
		const domain = $derived(domainOf(email()));
		const known = { site: atFirst.site, domain: domainOf(atFirst.email) };
		$effect(() => {
			if (asked === known.site) return;
			known.site = asked;
			show.found({});
			const named = asked;
			if (named !== undefined) return onceSettled(() => findEnteredSite(named), show.found);
		});
		$effect(() => {
			if (domain === known.domain) return;
			known.domain = domain;
			show.note(undefined);
			const named = domain;
			if (named !== undefined) return onceSettled(() => noteOnMailDomain(named), show.note);
		});
	});
}

/** One and the same, however it is written. With `http` it is no site, and may be a page of one. */
function askedOf(entered: string): string | undefined {
	const page = parsePageUrl(entered);
	if (!page.ok) return undefined;
	return /^\s*http:/i.test(entered) ? page.value.replace('https:', 'http:') : page.value;
}

function domainOf(entered: string): string | undefined {
	const mailbox = parseMailboxAddress(entered);
	return mailbox.ok ? mailDomainOf(mailbox.value) : undefined;
}

/** Another entry in the meantime: what is answered of this one is dropped. */
function onceSettled<Answer>(ask: () => Promise<Answer>, show: (answer: Answer) => void) {
	let isCurrent = true;
	const timer = setTimeout(() => {
		void ask().then((answer) => {
			if (isCurrent) show(answer);
		});
	}, SETTLED_MS);
	return () => {
		isCurrent = false;
		clearTimeout(timer);
	};
}
