// What the helper says of an identifier: `POST /api/v1/resolve` (docs/resolve-api.md), with the key of each site in
// turn. An identifier belongs to one site; which one is remembered.

import {
	MAIL_PROTOCOLS,
	PROTOCOL_FACTS,
	type MailProtocol,
	type MailServer,
} from '../lib/domain/mail-protocol.ts';
import type { Who } from '../lib/domain/problem.ts';
import { createPostJson, type PostJson } from './post-json.ts';
import type { Protocols, UpstreamServer } from './protocol.ts';

export type Resolved =
	| { kind: 'resolved'; servers: Partial<Protocols<UpstreamServer>> }
	| { kind: 'unknown' }
	| { kind: 'sign_in_required'; signInUrl: string; problem: TokenTrouble | undefined }
	/** The helper is down, busy, or refuses a key: nothing is said of the identifier. */
	| { kind: 'unavailable'; reason: string; problem?: TokenTrouble | undefined };

/** What the helper knows of the token's trouble: in a word, and who can end it. */
export type TokenTrouble = { who: Who; title: string };

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

	function remember(identifier: string, siteKey: string): void {
		keys.delete(identifier);
		keys.set(identifier, siteKey);
		const [oldest] = keys.keys();
		if (keys.size > MAX_REMEMBERED && oldest !== undefined) keys.delete(oldest);
	}

	async function ask(identifier: string): Promise<Resolved> {
		const known = keys.get(identifier);
		const inTurn =
			known === undefined ? siteKeys : [known, ...siteKeys.filter((key) => key !== known)];
		let answer: Resolved = { kind: 'unknown' };
		for (const siteKey of inTurn) {
			const next = await resolve(post, siteKey, identifier);
			if (next.kind === 'resolved' || next.kind === 'sign_in_required') {
				remember(identifier, siteKey);
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
	const fields = Object(body) as Record<string, unknown>;
	const error = typeof fields['error'] === 'string' ? fields['error'] : undefined;
	if (status === 404 && error === 'unknown_identifier') return { kind: 'unknown' };
	if (status === 409 && typeof fields['sign_in_url'] === 'string') {
		return {
			kind: 'sign_in_required',
			signInUrl: fields['sign_in_url'],
			problem: parseTrouble(fields['problem']),
		};
	}
	if (status !== 200) {
		const problem = parseTrouble(fields['problem']);
		return { kind: 'unavailable', reason: error ?? `status ${status}`, problem };
	}
	const servers: Partial<Protocols<UpstreamServer>> = {};
	for (const protocol of MAIL_PROTOCOLS) {
		const server = parseServer(protocol, fields[protocol]);
		if (server) servers[protocol] = server;
	}
	return { kind: 'resolved', servers };
}

const WHO: readonly Who[] = ['visitor', 'microsoft_365_administrator', 'operator', 'nobody'];

function parseTrouble(input: unknown): TokenTrouble | undefined {
	const { who: named, title } = Object(input) as Record<string, unknown>;
	const who = WHO.find((known) => known === named);
	return who !== undefined && typeof title === 'string' ? { who, title } : undefined;
}

function parseServer(protocol: MailProtocol, input: unknown): UpstreamServer | undefined {
	const { host, port, user, xoauth2, security } = Object(input) as Record<string, unknown>;
	if (typeof host !== 'string' || typeof port !== 'number') return undefined;
	if (typeof user !== 'string' || typeof xoauth2 !== 'string') return undefined;
	if (!/^[A-Za-z0-9+/=]+$/.test(xoauth2)) return undefined;
	return { host, port, user, xoauth2, security: securityOf(protocol, port, security) };
}

/** A helper of an earlier version does not say: then it is what that port is for. */
function securityOf(
	protocol: MailProtocol,
	port: number,
	security: unknown,
): MailServer['security'] {
	if (security === 'tls' || security === 'starttls') return security;
	const { schemes } = PROTOCOL_FACTS[protocol];
	return (schemes.find((scheme) => scheme.port === port) ?? schemes[0]).security;
}
