// A stored token's states. Nothing is deleted by a failure: `active -> degraded -> sign_in_required`, and
// `revoked` only by a person, or because its site never resolved it.

export const STORED_TOKEN_STATES = ['active', 'degraded', 'sign_in_required', 'revoked'] as const;

export type StoredTokenState = (typeof STORED_TOKEN_STATES)[number];

/** Who revoked it; `never_used`: nobody pasted its identifier, for as long as the operator says. */
export type RevokedReason = 'by_owner' | 'by_site' | 'by_operator' | 'never_used';

/** Microsoft's refresh tokens end when nobody used them for 90 days (learn.microsoft.com, "refresh-tokens"). */
export const REFRESH_TOKEN_IDLE_DAYS = 90;

/** What came of the wish to refresh a token. */
export type RefreshOutcome =
	| { kind: 'refreshed' }
	| { kind: 'sign_in_required' }
	| { kind: 'try_later'; retryAfterMs: number }
	/** Somebody else wrote the token meanwhile: the caller reads it again. */
	| { kind: 'changed_meanwhile' };

/** Within how many days tokens end that are counted as such. */
export const LAPSING_DAYS = [1, 7, 30] as const;

/** The tokens in one state, in figures. */
export type StateFigures = {
	count: number;
	leased: number;
	/** Seconds since 1970. */
	oldestRefresh: number;
	/** By `LAPSING_DAYS`. */
	lapsing: Readonly<Record<string, number>>;
};

/** All stored tokens, in figures. */
export type TokenFigures = {
	byState: ReadonlyMap<string, number>;
	/** Of those that are kept alive; undefined when there is none. */
	oldestRefreshAgeSeconds: number | undefined;
	/** Of those that are kept alive: how many end within so many days unless they are refreshed. */
	lapsing: ReadonlyMap<number, number>;
	/** Being refreshed, by any instance. */
	leased: number;
};
