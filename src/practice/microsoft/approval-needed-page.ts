// The page on which Entra itself says that an administrator must approve (AADSTS90094). Turning back from it looks to
// the application like any other refusal.

import { html, pageHeaders, renderPage } from './page-frame.ts';
import type { PracticeAccount } from './account.ts';
import { applicationName, type Answer, type PracticeContext } from './context.ts';

export function approvalNeededPage(
	turningBack: Answer,
	{ username }: PracticeAccount,
	{ client }: PracticeContext,
): Answer {
	const body = renderPage(
		'Need admin approval',
		html`<h2>Need admin approval</h2>
			<p>
				<b>${applicationName(client)}</b> needs permission to access resources in the organisation
				of <b>${username}</b> that only an administrator can grant. Please ask an administrator to
				grant permission to this app before you can use it.
			</p>
			<p>
				<a href="${turningBack.headers['location'] ?? ''}"
					>Return to the application without granting consent</a
				>
			</p>
			<p class="quiet note">AADSTS90094</p>`,
	);
	return { status: 200, headers: pageHeaders(client.redirectUri), body, outcome: 'AADSTS90094' };
}
