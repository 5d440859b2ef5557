// Ends a request that nobody waits for any more, but not at once: an answer that is on its way may bring the session cookie
// that the next request needs.

const ON_ITS_WAY_MS = 2_000;

/** Aborted two seconds after `signal`, which must not be aborted yet. */
export function delayAbort(signal: AbortSignal): AbortSignal {
	const controller = new AbortController();
	signal.addEventListener('abort', () => setTimeout(() => controller.abort(), ON_ITS_WAY_MS));
	return controller.signal;
}
