// One request to the site API, and its faults as errors.

import { readFault } from './answer.ts';
import {
	InvalidSiteKeyError,
	MailkeyError,
	SignInRequiredError,
	TooManyRequestsError,
	UnavailableError,
	UnknownIdentifierError,
	UnknownLinkError,
} from './errors.ts';

export type Request = (
	method: 'GET' | 'POST' | 'DELETE',
	path: string,
	body?: Record<string, unknown>,
) => Promise<{ status: number; body: unknown }>;

/** Longer than the helper waits for Microsoft. */
const LIMIT_MS = 35_000;
const DEFAULT_RETRY_SECONDS = 5;

export function createRequest(options: {
	helper: string | URL;
	siteKey: string;
	fetch?: typeof globalThis.fetch;
}): Request {
	const { helper, siteKey, fetch = globalThis.fetch } = options;
	return async (method, path, sent) => {
		const response = await fetch(new URL(path, helper), {
			method,
			headers: { authorization: `Bearer ${siteKey}`, 'content-type': 'application/json' },
			...(sent && { body: JSON.stringify(sent) }),
			// The key goes to this helper and nowhere else.
			redirect: 'error',
			signal: AbortSignal.timeout(LIMIT_MS),
		}).catch((cause: unknown) => {
			throw new UnavailableError(0, 'unreachable', 'The helper does not answer.', {
				cause,
				retryAfterMs: DEFAULT_RETRY_SECONDS * 1000,
			});
		});
		const body: unknown = await response.json().catch(() => undefined);
		if (response.ok) return { status: response.status, body };
		throw errorOf(response.status, body, response.headers.get('retry-after'));
	};
}

function errorOf(status: number, body: unknown, retryAfter: string | null): MailkeyError {
	const { code = `status_${status}`, message, signInUrl, problem } = readFault(body);
	const retryAfterMs = (Number(retryAfter) || DEFAULT_RETRY_SECONDS) * 1000;
	if (status === 401) return new InvalidSiteKeyError(status, code, message);
	if (status === 404 && code === 'unknown_link') return new UnknownLinkError(status, code, message);
	if (status === 404 && code === 'unknown_identifier') {
		return new UnknownIdentifierError(status, code, message);
	}
	if (status === 409 && signInUrl !== undefined)
		return new SignInRequiredError(message, signInUrl, problem);
	if (status === 429) return new TooManyRequestsError(status, code, message, { retryAfterMs });
	if (status >= 500) return new UnavailableError(status, code, message, { retryAfterMs });
	return new MailkeyError(status, code, message);
}
