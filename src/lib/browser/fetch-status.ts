// What became of a sign-in, asked of our own server once: fetched with what shows it.

import type { SignInId, SignInStatus } from '../domain/sign-in.ts';

export type StatusResult =
	{ kind: 'status'; status: SignInStatus } | { kind: 'unknown' } | { kind: 'no_answer' };

export async function fetchStatus(
	selector: SignInId | 'current',
	signal: AbortSignal,
): Promise<StatusResult> {
	try {
		const response = await fetch(`/api/sign-ins/${selector}`, { signal });
		if (response.status === 404) return { kind: 'unknown' };
		if (!response.ok) return { kind: 'no_answer' };
		return { kind: 'status', status: parseStatus(await response.json()) };
	} catch {
		// Offline, or the server is down: the caller tries again.
		return { kind: 'no_answer' };
	}
}

/** Our own server's answer, in the shape that both sides share. */
function parseStatus(body: unknown): SignInStatus {
	return body as SignInStatus;
}
