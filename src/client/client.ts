// A client of the helper for mail engines: identifier in, login out. Keeps an answer until shortly before its end, and
// asks once however many callers wait. `await client.resolve(identifier)` before each login is all that an engine needs.

import { parseFields, readServers, textOf, type MailServer, type Protocol } from './answer.ts';
import { connectLinks, type ConnectLinks } from './connect-links.ts';
import { MailkeyError } from './errors.ts';
import { createRequest } from './request.ts';

export type { MailServer, Protocol } from './answer.ts';
export type {
	ConnectLink,
	ConnectLinkOptions,
	Connected,
	NewConnectLink,
} from './connect-links.ts';
export * from './errors.ts';

export type ClientOptions = {
	/** Such as `https://your-helper.example.com`. */
	helper: string | URL;
	siteKey: string;
	/** For tests. */
	fetch?: typeof globalThis.fetch;
	now?: () => number;
};

/** What logs in to the mailbox; of the servers those that were granted. */
export type Login = { accessToken: string; expiresAt: Date; mailbox: string } & Partial<
	Record<Protocol, MailServer>
>;

export type ResolveOptions = {
	/** How long the token must still live, 0 to 3000. */
	minTtlSeconds?: number;
	/** Nothing that was kept: after the mail server refused the login. */
	fresh?: boolean;
};

export type MailkeyClient = {
	/**
	 * Throws `UnknownIdentifierError`, `SignInRequiredError`, `InvalidSiteKeyError`, `TooManyRequestsError`,
	 * `UnavailableError`, and `MailkeyError` for a fault of the caller's.
	 */
	resolve(identifier: string, options?: ResolveOptions): Promise<Login>;
	/** Drops what was kept of it. */
	forget(identifier: string): void;
} & ConnectLinks;

const DEFAULT_MIN_TTL_SECONDS = 300;
/** Of a token that lives for an hour or more: enough for a login to begin. */
const KEPT_UNTIL_MS = 60_000;
const MAX_KEPT = 50_000;

export function createClient(options: ClientOptions): MailkeyClient {
	const { now = Date.now } = options;
	const request = createRequest(options);
	/** Most recently answered last. */
	const kept = new Map<string, Login>();
	const asking = new Map<string, Promise<Login>>();

	function keep(identifier: string, login: Login): void {
		kept.delete(identifier);
		kept.set(identifier, login);
		const [oldest] = kept.keys();
		if (kept.size > MAX_KEPT && oldest !== undefined) kept.delete(oldest);
	}

	async function ask(identifier: string, minTtlSeconds: number): Promise<Login> {
		try {
			const { status, body } = await request('POST', '/api/v1/resolve', {
				identifier,
				min_ttl: minTtlSeconds,
			});
			const login = readLogin(status, body);
			keep(identifier, login);
			return login;
		} catch (error) {
			// Revoked, or its owner must sign in: what is kept of it is over, too.
			if (error instanceof MailkeyError && error.status < 500) kept.delete(identifier);
			throw error;
		}
	}

	return {
		...connectLinks(request),
		async resolve(identifier, { minTtlSeconds = DEFAULT_MIN_TTL_SECONDS, fresh = false } = {}) {
			const found = fresh ? undefined : kept.get(identifier);
			const leftMs = Math.max(minTtlSeconds * 1000, KEPT_UNTIL_MS);
			if (found && found.expiresAt.getTime() - now() > leftMs) return found;
			const question = `${minTtlSeconds} ${identifier}`;
			const running = asking.get(question);
			if (running) return running;
			const answer = ask(identifier, minTtlSeconds).finally(() => asking.delete(question));
			asking.set(question, answer);
			return answer;
		},
		forget: (identifier) => void kept.delete(identifier),
	};
}

function readLogin(status: number, body: unknown): Login {
	const fields = parseFields(body);
	const accessToken = textOf(fields['access_token']);
	const mailbox = textOf(fields['mailbox']);
	const expiresAt = new Date(textOf(fields['expires_at']) ?? '');
	if (accessToken === undefined || mailbox === undefined || Number.isNaN(expiresAt.getTime())) {
		throw new MailkeyError(status, 'not_understood', 'The helper’s answer is not understood.');
	}
	return { accessToken, expiresAt, mailbox, ...readServers(body) };
}
