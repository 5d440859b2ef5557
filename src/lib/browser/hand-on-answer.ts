// Hands Microsoft's answer on to our own server: the code by way of msal-browser, a refusal as it is.

import type { SignInId, SignInStatus } from '../domain/sign-in.ts';
import type { ReturnProblem } from '../problems/return-problems.ts';
import type { MicrosoftClient } from '../domain/microsoft-client.ts';
import { findObstacle } from './obstacle.ts';
import { refuse } from './act-on-sign-in.ts';

export type HandedOn = {
	/** What is to be said if the server afterwards knows of no answer; else the sign-in's status says how far it came. */
	ifUnfinished: ReturnProblem;
	/** Where the server told it with its answer to the code. */
	status?: SignInStatus | undefined;
};

export async function handOnAnswer(
	client: MicrosoftClient,
	signInId: SignInId,
	fragment: string,
	signal: AbortSignal,
): Promise<HandedOn> {
	const obstacle = findObstacle();
	if (obstacle !== undefined) return { ifUnfinished: obstacle };
	try {
		const { finishRedirect } = await import('./microsoft.ts');
		const codePath = `/api/sign-ins/${signInId}/code`;
		const outcome = await finishRedirect(client, codePath, fragment, signal);
		if (outcome.kind === 'not_handed_on') return { ifUnfinished: 'not_handed_on' };
		if (outcome.kind === 'posted') {
			return { ifUnfinished: 'not_begun_here', status: outcome.status };
		}
		const isLost = outcome.kind === 'refused' && !(await refuse(signInId, outcome));
		return { ifUnfinished: isLost ? 'not_handed_on' : 'not_begun_here' };
	} catch {
		// The script did not load.
		return { ifUnfinished: 'not_handed_on' };
	}
}
