// What a person sees at the practice Microsoft: which application asks for which rights, and everything that can
// happen next as one button each.

import type { EntraErrorBody } from './entra-refusal.ts';
import { html, htmlList, renderPage, type Html } from './page-frame.ts';
import type { PracticeAccount } from './account.ts';

export type SignInPage = {
	application: string;
	applicationHost: string;
	rights: readonly string[];
	hint: PageHint;
	// In the order of the buttons; the hinted one, if it is known, comes first.
	accounts: readonly Pick<PracticeAccount, 'username' | 'whatHappens'>[];
	knownDomains: readonly string[];
	// Where the decision is posted to.
	action: string;
};

export type PageHint =
	{ kind: 'none' } | { kind: 'known'; username: string } | { kind: 'unknown'; text: string };

export function renderSignInPage(page: SignInPage): string {
	const buttons = page.accounts.map((account, index) =>
		button({
			id: `account-${index}`,
			value: account.username,
			what: `Sign in as ${account.username}`,
			then: account.whatHappens,
			look: page.hint.kind === 'known' && page.hint.username === account.username ? 'first' : '',
		}),
	);
	const cancel = button({
		id: 'cancel',
		value: 'cancel',
		what: 'Cancel',
		then: 'Declines: the application learns that access was refused.',
		look: 'cancel',
	});
	return renderPage(
		'Sign in',
		html`<h2>${page.application} asks for access to a mailbox</h2>
			<p>The application at <b>${page.applicationHost}</b> wants to be able to:</p>
			<ul class="rights">
				${htmlList(page.rights.map((right) => html`<li>${right}</li>`))}
			</ul>
			<h3 id="question">What should happen next?</h3>
			<p class="quiet">${hintSentence(page.hint)}</p>
			<form method="post" action="${page.action}" class="choices" aria-labelledby="question">
				${htmlList([...buttons, cancel])}
			</form>
			<p class="quiet note">${otherAddresses(page.knownDomains)}</p>`,
	);
}

export type FaultPage = { application: string; applicationUrl: string; body: EntraErrorBody };

export function renderFaultPage({ application, applicationUrl, body }: FaultPage): string {
	return renderPage(
		'Sign-in is not possible',
		html`<h2>Sign-in is not possible</h2>
			<p>${body.error_description.replace(/ Trace ID: .*/s, '')}</p>
			<p><a href="${applicationUrl}">Go back to ${application} and start again</a></p>
			<p class="quiet note">
				Trace ID: ${body.trace_id}<br />
				Correlation ID: ${body.correlation_id}<br />
				Timestamp: ${body.timestamp}
			</p>`,
	);
}

type Choice = { id: string; value: string; what: string; then: string; look: string };

// The button is named by its first line alone; the second one describes it.
function button({ id, value, what, then, look }: Choice): Html {
	return html`<button
		name="choice"
		value="${value}"
		class="${look}"
		aria-labelledby="${id}"
		aria-describedby="${id}-then"
	>
		<span class="what" id="${id}">${what}</span>
		<span class="then" id="${id}-then">${then}</span>
	</button>`;
}

function hintSentence(hint: PageHint): Html {
	if (hint.kind === 'none') return html`The application did not say who is expected.`;
	if (hint.kind === 'known') return html`The application expects <b>${hint.username}</b>.`;
	return html`The application expects <b>${hint.text}</b>, but no organisation here has that
		address.`;
}

function otherAddresses(domains: readonly string[]): string {
	const list = domains.map((domain) => `@${domain}`).join(' or ');
	return `Any other address that ends in ${list} can sign in too: enter it in the application.`;
}
