// Leaving a computer that others use: the helper and this browser forget, and Microsoft is asked to.

import { forgetApprovals } from './approvals.ts';

/** Longer than a server takes that answers at all. */
const PATIENCE_MS = 10_000;

/** Goes to `microsoft` when the helper has forgotten the browser; false when it has not. */
export async function signOut(microsoft: string): Promise<boolean> {
	const signal = AbortSignal.timeout(PATIENCE_MS);
	const request = fetch('/api/sign-out', { method: 'POST', signal });
	const response = await request.catch(() => undefined);
	if (response?.status !== 204) return false;
	forgetApprovals();
	location.assign(microsoft);
	return true;
}
