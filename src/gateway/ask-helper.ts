// What the helper says of an identifier: `POST /api/v1/resolve` (docs/resolve-api.md), with the key of each site in
// turn. An identifier belongs to one site; which one is remembered.

import { readFault, readServers, type Problem } from '../client/answer.ts';
import { setNewest } from '../lib/domain/set-newest.ts';
import { createPostJson, type PostJson } from './post-json.ts';
import type { Protocols, UpstreamServer } from './protocol.ts';

export type Resolved =
	| { kind: 'resolved'; servers: Partial<Protocols<UpstreamServer>> }
	| { kind: 'unknown' }
	| { kind: 'sign_in_required'; signInUrl: string; problem: Problem | undefined }
	/** The helper is down, busy, or refuses a key: nothing is said of the identifier. */
	| { kind: 'unavailable'; reason: string; problem?: Problem | undefined };

export type AskHelper = (identifier: string) => Promise<Resolved>;

/** Longer than a helper waits for Microsoft. */
const LIMIT_MS = 35_000;
const MAX_REMEMBERED = 50_000;

export function createAskHelper(helper: URL, siteKeys: readonly string[]): AskHelper {
	const post = createPostJson(new URL('/api/v1/resolve', helper), LIMIT_MS);
	/** By identifier; most recently used last. */
	const keys = new Map<string, string>();
	/** Many clients of one mailbox that come at once are one question. */
	const asking = new Map<string, Promise<Resolved>>();

	async function ask(identifier: string): Promise<Resolved> {
		const known = keys.get(identifier);
		const inTurn =
			known === undefined ? siteKeys : [known, ...siteKeys.filter((key) => key !== known)];
		let answer: Resolved = { kind: 'unknown' };
		for (const siteKey of inTurn) {
			const next = await resolve(post, siteKey, identifier);
			if (next.kind === 'resolved' || next.kind === 'sign_in_required') {
				setNewest(keys, identifier, siteKey, MAX_REMEMBERED);
				return next;
			}
			// As long as one key could not be tried, nobody knows that the identifier is wrong.
			if (next.kind === 'unavailable') answer = next;
		}
		if (answer.kind === 'unknown') keys.delete(identifier);
		return answer;
	}

	return async (identifier) => {
		const running = asking.get(identifier);
		if (running) return running;
		const next = ask(identifier).finally(() => asking.delete(identifier));
		asking.set(identifier, next);
		return next;
	};
}

async function resolve(post: PostJson, siteKey: string, identifier: string): Promise<Resolved> {
	try {
		const { status, body } = await post({ authorization: `Bearer ${siteKey}` }, { identifier });
		return parseAnswer(status, body);
	} catch (error) {
		// The code tells of the network; the message could quote what was sent.
		const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
		return { kind: 'unavailable', reason: code ?? 'not_understood' };
	}
}

function parseAnswer(status: number, body: unknown): Resolved {
	if (status === 200) return { kind: 'resolved', servers: readServers(body) };
	const { code, signInUrl, problem } = readFault(body);
	if (status === 404 && code === 'unknown_identifier') return { kind: 'unknown' };
	if (status === 409 && signInUrl !== undefined) {
		return { kind: 'sign_in_required', signInUrl, problem };
	}
	return { kind: 'unavailable', reason: code ?? `status ${status}`, problem };
}
