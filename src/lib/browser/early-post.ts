// What came of the code that was posted before this script was there (`routes/early-script.js`).

import type { ReadySignIn, SignInId, SignInStatus } from '../domain/sign-in.ts';
import { delayAbort } from './delay-abort.ts';

/** Undefined where nothing was posted, or nothing came of it: the code is to be posted then. `signal` ends the wait. */
export async function earlyStatus(
	signIn: SignInId,
	signal: AbortSignal,
): Promise<SignInStatus | undefined> {
	const { earlyPost } = globalThis;
	if (earlyPost?.signIn !== signIn) return undefined;
	delayAbort(signal).addEventListener('abort', earlyPost.abort);
	return earlyPost.answered.catch(() => undefined);
}

export type EarlyResult = { id: SignInId; status: ReadySignIn; copied?: Promise<boolean> };

/** Once: what is shown already, and taken out of the address. */
export function takeEarlyResult(): EarlyResult | undefined {
	const { earlyPost } = globalThis;
	if (earlyPost?.shown === undefined) return undefined;
	globalThis.earlyPost = undefined;
	const { signIn: id, shown: status, copied } = earlyPost;
	return { id, status, ...(copied && { copied }) };
}
