// Hands Microsoft's answer on to our own server: the code by way of msal-browser, a refusal as it is.

import type { SignInId } from '../domain/sign-in.ts';
import type { MicrosoftClient } from './microsoft.ts';
import { refuse } from './sign-ins.ts';

export async function handOnAnswer(
	client: MicrosoftClient,
	signInId: SignInId,
	fragment: string,
): Promise<void> {
	try {
		const { finishRedirect } = await import('./microsoft.ts');
		const outcome = await finishRedirect(client, `/api/sign-ins/${signInId}/code`, fragment);
		if (outcome.kind === 'refused') await refuse(signInId, outcome);
	} catch {
		// Whatever broke here, the sign-in's status says how far it came.
	}
}
