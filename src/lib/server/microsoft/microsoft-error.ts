// Microsoft's failures by who is at fault. The evidence stays in `cause` and `reference`; what
// Microsoft wrote is never put into a message, as texts can quote what was sent.

import type { ProblemReference } from '../../domain/problem.ts';

export type MicrosoftErrorKind =
	/** No answer, an answer that says "later", or one that is no answer of Microsoft's at all. */
	| 'unreachable'
	/** Too many requests: for this token, this tenant, or altogether. */
	| 'throttled'
	/** The authorization code or refresh token was not accepted. */
	| 'invalid_grant'
	/** A person has to do something at Microsoft first: consent, multi-factor, a policy. */
	| 'interaction_required'
	/** Our own client id, secret or certificate was not accepted. */
	| 'invalid_client'
	/** Our request was wrong: a fault in the configuration or in this program. */
	| 'invalid_request'
	/** The ID token or the answer around it does not belong to this sign-in. */
	| 'invalid_answer';

export class MicrosoftError extends Error {
	readonly kind: MicrosoftErrorKind;
	readonly reference: ProblemReference;
	/** The OAuth error and description, to choose words by. Not for logs. */
	readonly answer: { error: string; description: string } | undefined;
	/** How long Microsoft asked to wait. */
	readonly retryAfterMs: number | undefined;

	constructor(
		kind: MicrosoftErrorKind,
		options: ErrorOptions & {
			reference?: ProblemReference;
			answer?: { error: string; description: string };
			retryAfterMs?: number | undefined;
		} = {},
	) {
		super(`Microsoft: ${kind}`, options);
		this.name = 'MicrosoftError';
		this.kind = kind;
		this.reference = options.reference ?? {};
		this.answer = options.answer;
		this.retryAfterMs = options.retryAfterMs;
	}
}

const KINDS: ReadonlyMap<string, MicrosoftErrorKind> = new Map([
	['invalid_grant', 'invalid_grant'],
	['interaction_required', 'interaction_required'],
	['consent_required', 'interaction_required'],
	['login_required', 'interaction_required'],
	['access_denied', 'interaction_required'],
	['bad_token', 'interaction_required'],
	['ui_not_allowed', 'interaction_required'],
	['interrupted_user', 'interaction_required'],
	['invalid_client', 'invalid_client'],
	// One organisation switched the application off, or never had it: not the helper's own credential.
	['unauthorized_client', 'invalid_request'],
	['invalid_request', 'invalid_request'],
	['invalid_scope', 'invalid_request'],
	['invalid_resource', 'invalid_request'],
	['unsupported_grant_type', 'invalid_request'],
	['unsupported_response_type', 'invalid_request'],
]);

/**
 * Numbers that Microsoft sends with `invalid_grant` and the like though nothing is wrong with the grant
 * (learn.microsoft.com, "reference-error-codes"; for 50196 "client-and-server-throttling"). Numbers decide
 * nothing anywhere else; here a wrong guess only means waiting.
 */
const THROTTLING_NUMBERS = new Set([50196, 90055]);
const TRANSIENT_NUMBERS = new Set([
	50033, 50087, 90006, 90012, 90024, 90033, 90090, 40010, 70012, 80005,
]);

/** The kind of an error answer (RFC 6749, 5.2). What nobody knows is taken for passing: it costs a wait. */
export function kindOfTokenError(answer: {
	error: string;
	status: number;
	number: number | undefined;
}): MicrosoftErrorKind {
	const { error, status, number } = answer;
	if (status === 429 || (number !== undefined && THROTTLING_NUMBERS.has(number)))
		return 'throttled';
	if (status >= 500 || (number !== undefined && TRANSIENT_NUMBERS.has(number)))
		return 'unreachable';
	return KINDS.get(error) ?? 'unreachable';
}
