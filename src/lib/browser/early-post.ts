// What came of the code that was posted before this script was there (`routes/early-script.js`).

import type { SignInId, SignInStatus } from '../domain/sign-in.ts';

/** Undefined where nothing was posted, or nothing came of it: the code is to be posted then. */
export async function earlyStatus(signIn: SignInId): Promise<SignInStatus | undefined> {
	const { earlyPost } = globalThis;
	if (earlyPost?.signIn !== signIn) return undefined;
	try {
		const response = await earlyPost.answered;
		return response.ok ? parseStatus(await response.json()) : undefined;
	} catch {
		return undefined;
	}
}

/** Our own server's answer, in the shape that both sides share. */
function parseStatus(body: unknown): SignInStatus | undefined {
	return (body as { sign_in_status?: SignInStatus }).sign_in_status;
}

/** What msal-browser keeps of a redirect. Its own clearing leaves some of it. */
export function forgetRedirect(): void {
	for (const storage of [sessionStorage, localStorage]) {
		for (const key of Object.keys(storage)) if (key.startsWith('msal.')) storage.removeItem(key);
	}
}
