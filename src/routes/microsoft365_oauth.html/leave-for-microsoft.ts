// The way to Microsoft, by msal-browser, which is fetched now; or in words why the browser does not go.

import type { SignInAs } from '$lib/browser/microsoft';
import type { StartedSignIn } from '$lib/domain/sign-in';
import { fetchEnding } from './ending';
import type { PageData } from './$types';

/** While the server still answers. What the return needs is in the browser's cache then. */
export function prepareToLeave(language: PageData['language']): void {
	import('$lib/browser/microsoft').catch(() => undefined);
	void fetchEnding(language);
}

/** Undefined while the browser goes. Else nothing has happened yet. */
export async function leaveForMicrosoft(
	{ settings, words, language }: PageData,
	signIn: StartedSignIn,
	as: SignInAs,
): Promise<string | undefined> {
	try {
		const { startRedirect } = await import('$lib/browser/microsoft');
		const obstacle = await startRedirect(settings.microsoft, signIn, as);
		if (obstacle === undefined) return undefined;
		const ending = await fetchEnding(language);
		if (ending) return ending.explainObstacle(obstacle, ending.words);
	} catch {
		// The script did not load, or the browser refused to go.
	}
	return words.say_no_way_to_microsoft({});
}
