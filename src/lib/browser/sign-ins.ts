// The page's side of the API: requests and what they may answer, as types.

import type { SignInId, SignInStatus, StartedSignIn } from '../domain/sign-in.ts';

export type BeginResult =
	| { kind: 'started'; signIn: StartedSignIn }
	| { kind: 'refused'; fields: Readonly<Record<string, string>> }
	/** Too many, away, or no connection: the sentence to show. */
	| { kind: 'not_now'; message: string };

const NO_CONNECTION = 'This page could not reach its server. Check your connection and try again.';

export async function beginSignIn(site: string, email: string): Promise<BeginResult> {
	const response = await post('/api/sign-ins', { site, email });
	if (response === undefined) return { kind: 'not_now', message: NO_CONNECTION };
	const body = parseAnswer(await response.json().catch(() => ({})));
	if (response.status === 201) return { kind: 'started', signIn: parseStarted(body) };
	const fields = parseFields(body['fields']);
	if (fields !== undefined) return { kind: 'refused', fields };
	const message = body['message'];
	return { kind: 'not_now', message: typeof message === 'string' ? message : NO_CONNECTION };
}

/** What Microsoft sent in place of a code. */
export async function refuse(
	id: SignInId,
	answer: { error: string; description: string },
): Promise<void> {
	await post(`/api/sign-ins/${id}/refusal`, {
		error: answer.error,
		error_description: answer.description,
	});
}

/** Has the mailbox tried with the account that signed in. False when that is not possible now. */
export async function confirm(selector: SignInId | 'current'): Promise<boolean> {
	const response = await post(`/api/sign-ins/${selector}/confirm`);
	return response?.status === 202;
}

/** True when the token is gone. */
export async function revoke(selector: SignInId | 'current'): Promise<boolean> {
	const response = await post(`/api/sign-ins/${selector}/revoke`);
	return response?.status === 204;
}

/** Undefined when it has begun; otherwise the sentence to show. */
export async function begin(
	what: 'checks' | 'test-message',
	selector: SignInId | 'current',
): Promise<string | undefined> {
	const response = await post(`/api/sign-ins/${selector}/${what}`);
	if (response?.status === 202) return undefined;
	const body = parseAnswer(await response?.json().catch(() => ({})));
	const message = body['message'];
	return typeof message === 'string' ? message : NO_CONNECTION;
}

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
		// Offline, or the server is away: the caller tries again.
		return { kind: 'no_answer' };
	}
}

async function post(path: string, body?: unknown): Promise<Response | undefined> {
	try {
		return await fetch(path, {
			method: 'POST',
			...(body !== undefined && {
				headers: { 'content-type': 'application/json' },
				body: JSON.stringify(body),
			}),
		});
	} catch {
		// Offline, or the server is away.
		return undefined;
	}
}

function parseAnswer(body: unknown): Record<string, unknown> {
	return typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
}

/** Our own server's answer, in the shape that both sides share. */
function parseStarted(body: unknown): StartedSignIn {
	return body as StartedSignIn;
}

function parseFields(fields: unknown): Readonly<Record<string, string>> | undefined {
	if (typeof fields !== 'object' || fields === null) return undefined;
	return fields as Record<string, string>;
}

/** Our own server's answer, in the shape that both sides share. */
function parseStatus(body: unknown): SignInStatus {
	return body as SignInStatus;
}
