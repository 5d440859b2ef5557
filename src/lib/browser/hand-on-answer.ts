// Hands Microsoft's answer on to our own server: the code by way of msal-browser, a refusal as it is.

import type { SignInId } from '../domain/sign-in.ts';
import type { ReturnProblem } from '../problems/return-problems.ts';
import type { MicrosoftClient } from '../domain/microsoft-client.ts';
import { findObstacle } from './obstacle.ts';
import { refuse } from './act-on-sign-in.ts';

/** What is to be said if the server afterwards knows of no answer; else the sign-in's status says how far it came. */
export async function handOnAnswer(
	client: MicrosoftClient,
	signInId: SignInId,
	fragment: string,
	signal: AbortSignal,
): Promise<ReturnProblem> {
	const obstacle = findObstacle();
	if (obstacle !== undefined) return obstacle;
	try {
		const { finishRedirect } = await import('./microsoft.ts');
		const codePath = `/api/sign-ins/${signInId}/code`;
		const outcome = await finishRedirect(client, codePath, fragment, signal);
		if (outcome.kind === 'not_handed_on') return 'not_handed_on';
		const isLost = outcome.kind === 'refused' && !(await refuse(signInId, outcome));
		return isLost ? 'not_handed_on' : 'not_begun_here';
	} catch {
		// The script did not load.
		return 'not_handed_on';
	}
}
