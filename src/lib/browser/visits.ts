// The page `/mailboxes` and its side of the API. msal-browser is loaded when somebody leaves for Microsoft or comes back.

import type { MailCheck } from '../domain/mail-check.ts';
import type { MailProtocol } from '../domain/mail-protocol.ts';
import type { SignInId, StartedVisit } from '../domain/sign-in.ts';
import { explainObstacle } from '../problems/return-problems.ts';
import type { PageWords } from '../words/page-words.ts';
import { faultOf, type Fault } from './fault.ts';
import type { MicrosoftClient } from '../domain/microsoft-client.ts';

/** In the address of the list: somebody came back without signing in. */
export const NOT_SIGNED_IN = '#not-signed-in';

/** Leaves for Microsoft; answers only if the browser does not go. */
export async function beginVisit(client: MicrosoftClient, words: PageWords): Promise<Fault> {
	try {
		const response = await fetch('/api/visits', { method: 'POST' });
		if (response.status !== 201) return await faultOf(response);
		const { startVisit } = await import('./microsoft.ts');
		const obstacle = await startVisit(client, parseStarted(await response.json()));
		if (obstacle !== undefined) return { message: explainObstacle(obstacle, words) };
	} catch {
		// Offline, or the script did not load: nothing has happened yet.
	}
	return { message: undefined };
}

/** Longer than a server needs to be started again; whoever only looks at a list signs in once more. */
const TRY_FOR_MS = 10_000;

/** Back from Microsoft, on the one page that is registered there: hands the code on and goes where the visit began. */
export async function finishVisit(
	client: MicrosoftClient,
	visit: SignInId,
	fragment: string,
): Promise<void> {
	let isSignedIn = false;
	try {
		const { finishRedirect } = await import('./microsoft.ts');
		const outcome = await finishRedirect(
			client,
			`/api/visits/${visit}/code`,
			fragment,
			AbortSignal.timeout(TRY_FOR_MS),
		);
		isSignedIn = outcome.kind === 'posted';
	} catch {
		// The script did not load: nothing was handed on.
	}
	location.replace(`/mailboxes${isSignedIn ? '' : NOT_SIGNED_IN}`);
}

/** What came of the logins. */
export async function checkMailbox(
	number: number,
): Promise<{ checks: Partial<Record<MailProtocol, MailCheck>> } | Fault> {
	const response = await post(`/api/mailboxes/${number}/checks`);
	if (response?.status !== 200) return faultOf(response);
	return { checks: parseChecks(await response.json()) };
}

/** Undefined when it is gone. */
export async function revokeMailbox(number: number): Promise<Fault | undefined> {
	const response = await post(`/api/mailboxes/${number}/revoke`);
	return response?.status === 204 ? undefined : faultOf(response);
}

function post(path: string): Promise<Response | undefined> {
	return fetch(path, { method: 'POST' }).catch(() => undefined);
}

/** Our own server's answers, in the shapes that both sides share. */
function parseStarted(body: unknown): StartedVisit {
	return body as StartedVisit;
}

function parseChecks(body: unknown): Partial<Record<MailProtocol, MailCheck>> {
	return (body as { checks: Partial<Record<MailProtocol, MailCheck>> }).checks;
}
