// How long things take and last, named, with their reasons.

/** A sign-in is given this long from the press of the button to the return. */
export const SIGN_IN_LIFETIME_MS = 60 * 60_000;

/** Microsoft is given 30 s for a code, and the database three minutes; after that, the process that asked must be gone. */
export const EXCHANGE_LIMIT_MS = 300_000;

/** At `confirm` both logins are given 30 s, and a refresh before them as much; after twice that, the try was broken off. */
export const CONFIRM_TRY_LIMIT_MS = 75_000;

/** How long a site may take to present the code that its user's browser brings. */
export const RETURN_LIMIT_MS = 10 * 60_000;

/** What became of a connect link is told for 30 days; an hour more, as it may complete that long after it expired. */
export const CONNECT_LINK_RETENTION_MS = (30 * 24 + 2) * 60 * 60_000;

/** What Microsoft has given waits this long in memory for a database that is down: failovers were seen to take half a minute. */
export const COMMIT_RETRY_MS = 180_000;

/** So many answers wait at the same time, at some ten kilobytes each. */
export const MAX_HELD_ANSWERS = 2_000;

/**
 * A check has 30 s for each login, SMTP twice, and a refresh before; where nothing was heard of one for so long,
 * the process that ran it is gone.
 */
export const CHECK_LIMIT_MS = 120_000;

export const BETWEEN_TEST_MESSAGES_MS = 60_000;

/** Sign-ins and anonymous visitors are kept for a day: longer than any session. */
export const VISIT_RETENTION_MS = 24 * 60 * 60_000;

/** Sites that ask for their events, and receivers that were down, have this long. */
export const EVENT_RETENTION_MS = 30 * 24 * 60 * 60_000;

/** Refreshes that fail for so long are worth a word to the site; most outages are over before. */
export const DEGRADED_AFTER_MS = 60 * 60_000;

/** What limits count in. */
export const REQUEST_WINDOW_MS = 10 * 60_000;

export type RefreshDurations = {
	/** How long one process may refresh a token before another may try. */
	leaseMs: number;
	/** The least time between two refreshes of a token. */
	betweenRefreshesMs: number;
	/** How long a caller waits for a refresh before it gets what there is. */
	callerWaitMs: number;
	/** Between a first refusal and the second try that settles it. */
	confirmRefusalMs: number;
	/** When Microsoft throttles and names no time. */
	throttledWaitMs: number;
	/** After the first failure that passes; doubles with each further one, up to the longest. */
	firstWaitMs: number;
	longestWaitMs: number;
	/** While Microsoft refuses the helper itself: recovery within a minute of its being mended. */
	circuitRetryMs: number;
};

export const REFRESH_DURATIONS: RefreshDurations = {
	// Microsoft was seen to take 15 s; after three times that the caller is taken for gone. Should it not
	// be, the version keeps its late result out.
	leaseMs: 45_000,
	betweenRefreshesMs: 60_000,
	callerWaitMs: 20_000,
	confirmRefusalMs: 180_000,
	throttledWaitMs: 300_000,
	firstWaitMs: 60_000,
	longestWaitMs: 3_600_000,
	circuitRetryMs: 30_000,
};

export const DAY_MS = 24 * 60 * 60_000;

/** When the keep-alive refreshes, counted from the last refresh, no matter who asked for it. */
export const KEEP_ALIVE = {
	/** Drawn between these two for each token: weekly, and so widely that a day's rush wears off in weeks. */
	earliestMs: 4 * DAY_MS,
	latestMs: 7 * DAY_MS,
	/** A token that is due but was refreshed since then is in use: it is put off without asking Microsoft. */
	freshMs: 3.5 * DAY_MS,
	/** What could not be refreshed for a reason that is not its own comes round slowly. */
	lookAgainMs: 60 * 60_000,
} as const;

/** When a mailbox is logged in to by itself, to see whether it works. */
export const RECHECK = {
	/** As parts of `RECHECK_DAYS`, drawn between these two each time, so that the load is even. */
	earliestPart: 0.6,
	latestPart: 1,
	/** After a first failure: what passes by itself within the hour is nobody's trouble. */
	afterFailureMs: 61 * 60_000,
	confirmedAfterMs: 60 * 60_000,
	/** While it counts as failed, so that what was mended is seen. */
	whileFailedMs: DAY_MS,
	/** After a look that taught nothing, and should the process die in it. */
	lookAgainMs: 60 * 60_000,
} as const;
