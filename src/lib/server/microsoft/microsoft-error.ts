// Microsoft's failures by who is at fault. The evidence stays in `cause` and `reference`; what
// Microsoft wrote is never put into a message, as texts can quote what was sent.

import { meaningOfAadsts, type AadstsMeaning } from '../../domain/aadsts.ts';
import type { ProblemReference } from '../../domain/problem.ts';

export const MICROSOFT_ERROR_KINDS = [
	/** No answer, an answer that says "later", or one that is no answer of Microsoft's at all. */
	'unreachable',
	/** Too many requests: for this token, this tenant, or altogether. */
	'throttled',
	/** The authorization code or refresh token was not accepted. */
	'invalid_grant',
	/** A person has to do something at Microsoft first: consent, multi-factor, a policy. */
	'interaction_required',
	/** Our own client id, secret, certificate or clock was not accepted. */
	'invalid_client',
	/** The state of one organisation, for its administrator to mend. */
	'organisation',
	/** A refusal that names neither the grant nor us, with a number that is not listed. */
	'unknown_refusal',
	/** Our request was wrong: a fault in the configuration or in this program. */
	'invalid_request',
	/** The ID token or the answer around it does not belong to this sign-in. */
	'invalid_answer',
	/** An ID token that has ended, or is not in force yet, by our clock. */
	'untimely_answer',
] as const;

export type MicrosoftErrorKind = (typeof MICROSOFT_ERROR_KINDS)[number];

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

/** By the number, which says more than the word beside it. */
const KIND_OF_MEANING: Readonly<Record<AadstsMeaning, MicrosoftErrorKind>> = {
	own_credential: 'invalid_client',
	throttled: 'throttled',
	transient: 'unreachable',
	registration: 'invalid_request',
	organisation: 'organisation',
	sign_in: 'invalid_grant',
};

/** Errors that Microsoft sends for one organisation's state too: with a number that is not listed they accuse nobody. */
const AMBIGUOUS = new Set(['invalid_client', 'unauthorized_client', 'invalid_resource']);

/** By the word (RFC 6749, 5.2; OpenID Connect Core, 3.1.2.6), where no listed number says more. */
const KIND_OF_WORD: ReadonlyMap<string, MicrosoftErrorKind> = new Map([
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

/** The kind of an error answer. An unknown error counts as transient: the only cost is a delay. */
export function kindOfTokenError(answer: {
	error: string;
	status: number;
	number: number | undefined;
}): MicrosoftErrorKind {
	const { error, status, number } = answer;
	const meaning = meaningOfAadsts(number);
	if (status === 429 || meaning === 'throttled') return 'throttled';
	if (status >= 500) return 'unreachable';
	const byWord = KIND_OF_WORD.get(error);
	if (meaning === undefined) {
		if (number !== undefined && AMBIGUOUS.has(error)) return 'unknown_refusal';
		return byWord ?? 'unreachable';
	}
	// The two differ in nothing but the words on the page.
	if (meaning === 'sign_in' && byWord === 'interaction_required') return byWord;
	return KIND_OF_MEANING[meaning];
}
