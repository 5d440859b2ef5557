// One request to the site API, and its faults as errors.

import { readFault, textOf } from './answer.ts';
import {
	InvalidInputError,
	InvalidSiteKeyError,
	MailkeyError,
	SignInRequiredError,
	TooManyRequestsError,
	UnavailableError,
	UnknownIdentifierError,
	UnknownLinkError,
} from './errors.ts';
import { limitConcurrency } from './limit-concurrency.ts';
import { parseHelper, parseSiteKey } from './options.ts';

export type Request = (
	method: 'GET' | 'POST' | 'DELETE',
	path: string,
	body?: Record<string, unknown>,
) => Promise<{ status: number; body: unknown }>;

/** Longer than the helper waits for Microsoft. */
const LIMIT_MS = 35_000;
/** A helper closes what an address opens beyond 256 connections, and several engines may share one. */
const MAX_OPEN_REQUESTS = 50;
const DEFAULT_RETRY_MS = 5_000;
/** What a proxy says may be anything: an engine that waits for a day is as bad as one that does not wait. */
const MIN_RETRY_MS = 1_000;
const MAX_RETRY_MS = 60 * 60_000;

export function createRequest(options: {
	helper: string | URL;
	siteKey: string;
	fetch?: typeof globalThis.fetch;
	now?: () => number;
}): Request {
	const { fetch = globalThis.fetch, now = Date.now } = options;
	const helper = parseHelper(options.helper);
	const authorization = `Bearer ${parseSiteKey(options.siteKey)}`;
	const inTurn = limitConcurrency(MAX_OPEN_REQUESTS);
	return (method, path, sent) =>
		inTurn(async () => {
			const response = await fetch(new URL(path, helper), {
				method,
				headers: { authorization, 'content-type': 'application/json' },
				...(sent && { body: JSON.stringify(sent) }),
				// The key goes to this helper and nowhere else.
				redirect: 'manual',
				signal: AbortSignal.timeout(LIMIT_MS),
			}).catch((cause: unknown) => {
				throw unavailable(0, 'unreachable', 'The helper does not answer.', cause);
			});
			const { status, headers } = response;
			if (status >= 300 && status < 400) {
				await response.body?.cancel();
				throw redirected(status, headers.get('location'), helper);
			}
			const body: unknown = await readJson(response).catch((cause: unknown) => {
				if (!response.ok || status === NO_CONTENT) return undefined;
				throw notUnderstood(status, cause);
			});
			if (response.ok) return { status, body };
			throw errorOf(status, body, readRetryAfter(headers.get('retry-after'), now()));
		});
}

const NO_CONTENT = 204;
/** In characters. An answer of the helper's has a few thousand. */
const MAX_BODY_LENGTH = 1_000_000;

async function readJson({ body }: Response): Promise<unknown> {
	const reader = body?.pipeThrough(new TextDecoderStream()).getReader();
	let text = '';
	for (;;) {
		const part = await reader?.read();
		if (!part || part.done) break;
		text += part.value;
		if (text.length > MAX_BODY_LENGTH) {
			await reader?.cancel();
			throw new Error('The answer does not end.');
		}
	}
	const parsed: unknown = JSON.parse(text);
	return parsed;
}

/** Cut off in the middle, or of something else than a helper, as while that is restarted: it passes by itself. */
function notUnderstood(status: number, cause?: unknown): UnavailableError {
	return unavailable(status, 'not_understood', 'The helper’s answer is not understood.', cause);
}

/** Throws `UnavailableError` where the answer lacks it. */
export function required(status: number, value: unknown): string {
	const text = textOf(value);
	if (text === undefined) throw notUnderstood(status);
	return text;
}

export function requiredDate(status: number, value: unknown): Date {
	const date = new Date(required(status, value));
	if (Number.isNaN(date.getTime())) throw notUnderstood(status);
	return date;
}

function unavailable(status: number, code: string, message: string, cause: unknown) {
	return new UnavailableError(status, code, message, { cause, retryAfterMs: DEFAULT_RETRY_MS });
}

/** Of where it leads to the origin alone: the rest is not ours to repeat. */
function redirected(status: number, location: string | null, helper: URL): MailkeyError {
	const to = location !== null && URL.canParse(location, helper) && new URL(location, helper);
	const where = to ? ` to ${to.origin}` : '';
	return new MailkeyError(
		status,
		'redirected',
		`The helper’s URL ${helper.origin} leads elsewhere${where}, and the site key is not sent there: set the URL that the operator gave.`,
	);
}

const REQUEST_TIMEOUT = 408;

function errorOf(status: number, body: unknown, retryAfterMs: number): MailkeyError {
	const { code = `status_${status}`, message, signInUrl, problem, fields } = readFault(body);
	if (status === 401) return new InvalidSiteKeyError(status, code, message);
	if (status === 404 && code === 'unknown_link') return new UnknownLinkError(status, code, message);
	if (status === 404 && code === 'unknown_identifier') {
		return new UnknownIdentifierError(status, code, message);
	}
	if (status === 409 && signInUrl !== undefined)
		return new SignInRequiredError(message, signInUrl, problem);
	if (status === 422) return new InvalidInputError(message, fields);
	if (status === 429) return new TooManyRequestsError(status, code, message, { retryAfterMs });
	if (status >= 500 || status === REQUEST_TIMEOUT)
		return new UnavailableError(status, code, message, { retryAfterMs });
	return new MailkeyError(status, code, message);
}

/** Seconds or a date (RFC 9110 section 10.2.3). */
function readRetryAfter(value: string | null, now: number): number {
	if (value === null || value.trim() === '') return DEFAULT_RETRY_MS;
	const seconds = Number(value);
	const waitMs = Number.isNaN(seconds) ? Date.parse(value) - now : seconds * 1000;
	if (Number.isNaN(waitMs)) return DEFAULT_RETRY_MS;
	return Math.min(Math.max(waitMs, MIN_RETRY_MS), MAX_RETRY_MS);
}
