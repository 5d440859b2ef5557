// Leaving a computer that others use: the helper and this browser forget, and Microsoft is asked to.

import { forgetApprovals } from './approvals.ts';
import { oneCodeAtATime } from './code-lock.ts';

/** Longer than a server takes that answers at all. */
const PATIENCE_MS = 10_000;

/** Goes to `logoutUrl` when the helper has forgotten the browser; false when it has not. */
export async function signOut(logoutUrl: string): Promise<boolean> {
	const signal = AbortSignal.timeout(PATIENCE_MS);
	// A code that is being posted may bring a new session cookie: not after this one is gone.
	const post = () => fetch('/api/sign-out', { method: 'POST', signal });
	const request = oneCodeAtATime(post, { signal });
	const response = await request.catch(() => undefined);
	if (response?.status !== 204) return false;
	forgetApprovals();
	location.assign(logoutUrl);
	return true;
}
