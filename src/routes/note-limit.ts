import type { Problem } from '$lib/domain/problem';

/** A page is answered all the same, in its plain form; `hooks.server.ts` gives it the status. */
export function noteLimit(locals: App.Locals, { code, retryAfterSeconds = 1 }: Problem): void {
	if (code === 'too_many_requests') locals.retryAfterSeconds = retryAfterSeconds;
}
