// A client of the helper for mail engines: identifier in, login out. Keeps an answer until shortly before its end, and
// asks once however many callers wait. `await client.resolve(identifier)` before each login is all that an engine needs.

import { parseFields, readServers, type MailServer, type Protocol } from './answer.ts';
import { connectLinks, type ConnectLinks } from './connect-links.ts';
import { SignInRequiredError, TryLaterError, UnknownIdentifierError } from './errors.ts';
import { createKeptLogins } from './kept-logins.ts';
import { checkMinTtl } from './options.ts';
import { createRequest, required, requiredDate } from './request.ts';

export type { Check, MailServer, Protocol, Problem } from './answer.ts';
export type {
	ConnectLink,
	ConnectLinkOptions,
	Connected,
	NewConnectLink,
} from './connect-links.ts';
export * from './errors.ts';

export type ClientOptions = {
	/** Scheme, host and port: `https://your-helper.example.com`. */
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
	/** Nothing that was kept: after the mail server refused the login, with `minTtlSeconds: 3000`. */
	fresh?: boolean;
};

export type MailkeyClient = {
	/**
	 * Throws `UnknownIdentifierError`, `SignInRequiredError`, `InvalidSiteKeyError`, `InvalidInputError`, and
	 * `TooManyRequestsError` or `UnavailableError` where nothing that was kept lives for another minute.
	 */
	resolve(identifier: string, options?: ResolveOptions): Promise<Login>;
	/** Drops what was kept of it, and what a request that is under way will bring. */
	forget(identifier: string): void;
} & ConnectLinks;

const DEFAULT_MIN_TTL_SECONDS = 300;
/** Of a token that lives for an hour or more: enough for a login to begin. */
const KEPT_UNTIL_MS = 60_000;
const MAX_KEPT = 50_000;

/** Throws `TypeError` where URL or key cannot be one. */
export function createClient(options: ClientOptions): MailkeyClient {
	const { now = Date.now } = options;
	const request = createRequest(options);
	const logins = createKeptLogins(MAX_KEPT);

	async function ask(identifier: string, minTtlSeconds: number): Promise<Login> {
		const { status, body } = await request('POST', '/api/v1/resolve', {
			identifier,
			min_ttl: minTtlSeconds,
		});
		return readLogin(status, body);
	}

	function findLiving(identifier: string, leftMs: number): Login | undefined {
		const found = logins.find(identifier);
		return found && found.expiresAt.getTime() - now() > leftMs ? found : undefined;
	}

	async function resolve(identifier: string, minTtlSeconds: number, fresh: boolean) {
		const found = findLiving(identifier, Math.max(minTtlSeconds * 1000, KEPT_UNTIL_MS));
		if (found && !fresh) return found;
		const question = { minTtlSeconds, fresh };
		try {
			return await logins.ask(identifier, question, () => ask(identifier, minTtlSeconds));
		} catch (error) {
			// The helper itself serves what still lives while Microsoft does not answer.
			const living = error instanceof TryLaterError && findLiving(identifier, KEPT_UNTIL_MS);
			if (living) return living;
			if (isOver(error)) logins.forget(identifier);
			throw error;
		}
	}

	return {
		...connectLinks(request),
		// A copy for each caller: what one of them changes is not what the next one gets.
		async resolve(identifier, { minTtlSeconds = DEFAULT_MIN_TTL_SECONDS, fresh = false } = {}) {
			checkMinTtl(minTtlSeconds);
			return structuredClone(await resolve(identifier, minTtlSeconds, fresh));
		},
		forget: logins.forget,
	};
}

/** Of any other error the mailbox's token knows nothing. */
function isOver(error: unknown): boolean {
	return error instanceof UnknownIdentifierError || error instanceof SignInRequiredError;
}

function readLogin(status: number, body: unknown): Login {
	const fields = parseFields(body);
	return {
		accessToken: required(status, fields['access_token']),
		expiresAt: requiredDate(status, fields['expires_at']),
		mailbox: required(status, fields['mailbox']),
		...readServers(body),
	};
}
