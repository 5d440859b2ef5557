// The page's side of the API: what it asks before anybody has come back; the rest is in `act-on-sign-in.ts`.

import type { SignInId, StartedSignIn } from '../domain/sign-in.ts';
import { messageOf } from './fault.ts';

export type BeginResult =
	| { kind: 'started'; signIn: StartedSignIn }
	| { kind: 'refused'; fields: Readonly<Record<string, string>> }
	/** Too many, or the database is down, in the server's words; without words there was no connection. */
	| { kind: 'not_now'; message: string | undefined };

/** What was entered; or a link, which fixes the site; or a sign-in of this browser by a link, once more. */
export type Start = { email: string } & (
	{ site: string; link: string | undefined } | { again: SignInId | 'current' }
);

export async function beginSignIn(start: Start): Promise<BeginResult> {
	const response = await post('/api/sign-ins', start);
	if (response === undefined) return { kind: 'not_now', message: undefined };
	// The link has ended: the page says so by itself.
	if (response.status === 410) location.assign('?link=');
	const body = parseAnswer(await response.json().catch(() => ({})));
	if (response.status === 201) return { kind: 'started', signIn: parseStarted(body) };
	const fields = parseFields(body['fields']);
	if (fields !== undefined) return { kind: 'refused', fields };
	return { kind: 'not_now', message: messageOf(body) };
}

/** Longer than the server's own limit for its database. */
const ANSWER_LIMIT_MS = 20_000;

export async function post(path: string, body?: unknown): Promise<Response | undefined> {
	try {
		return await fetch(path, {
			method: 'POST',
			signal: AbortSignal.timeout(ANSWER_LIMIT_MS),
			...(body !== undefined && {
				headers: { 'content-type': 'application/json' },
				body: JSON.stringify(body),
			}),
		});
	} catch {
		// Offline, or the server is down.
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
