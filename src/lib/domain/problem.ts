// A problem: a coded failure. Its words for people are in `problems/`; HTTP answers are made of it in
// `routes/api/answer.ts` and `src/http/site-api.ts`.

import type { FieldFaults } from './field-fault.ts';

/** Who can do something about it. */
export type Who = 'visitor' | 'microsoft_365_administrator' | 'operator' | 'nobody';

/** A sign-in that ended without a token. These are stored, so a code never changes its meaning. */
export type SignInProblemCode =
	| 'sign_in_expired'
	| 'sign_in_interrupted'
	| 'cancelled_at_microsoft'
	| 'approval_needed'
	| 'refused_by_microsoft'
	| 'organisation_not_allowed'
	| 'microsoft_unreachable'
	| 'microsoft_answer_invalid'
	| 'clock_differs'
	| 'authorization_code_refused'
	| 'helper_not_accepted_by_microsoft'
	| 'mail_rights_missing'
	/** The site was disabled, or takes this mailbox no longer, since the sign-in began. */
	| 'site_not_registered'
	| 'mailbox_not_allowed'
	| 'link_ended'
	| 'account_differs'
	| 'revoked';

/** Why a stored token could not be refreshed the last time. */
export type TokenProblemCode =
	| 'microsoft_unreachable'
	| 'microsoft_throttles'
	| 'refused_once'
	| 'sign_in_required'
	| 'request_not_accepted';

/** Of a stored token, as it is kept. */
export type TokenProblem = { code: TokenProblemCode; reference?: ProblemReference };

/** A request that was refused. */
export type RequestProblemCode =
	| 'invalid_input'
	| 'site_not_registered'
	| 'mailbox_not_allowed'
	/** The site takes sign-ins by its own links alone. */
	| 'link_required'
	| 'unknown_link'
	| 'link_completed'
	| 'not_returned'
	| 'unknown_sign_in'
	| 'not_at_confirm'
	| 'invalid_site_key'
	| 'unknown_identifier'
	| 'sign_in_required'
	| 'not_ready'
	| 'too_many_requests'
	| 'temporarily_unavailable';

export type ProblemCode = SignInProblemCode | RequestProblemCode;

/** Microsoft's own references, for support cases at Microsoft. Never a secret. */
export type ProblemReference = {
	/** `AADSTS65004`, or the OAuth error code where Microsoft names no number. */
	code?: string;
	correlation_id?: string;
	/** As Microsoft wrote it, UTC. */
	time?: string;
};

export class Problem extends Error {
	readonly code: ProblemCode;
	readonly reference: ProblemReference | undefined;
	/** A sentence for each parameter of a program's request that cannot be used. */
	readonly fields: Readonly<Record<string, string>> | undefined;
	/** The same of the page's fields, in codes. */
	readonly fieldFaults: FieldFaults | undefined;
	/** Seconds after which it may work again. */
	readonly retryAfterSeconds: number | undefined;
	/** Where a person signs in again. */
	readonly signInUrl: string | undefined;
	/** Whose own page a person has to go to. */
	readonly site: string | undefined;
	/** What is wrong with the stored token that was asked for. */
	readonly tokenProblem: TokenProblem | undefined;

	constructor(
		code: ProblemCode,
		options: ErrorOptions & {
			reference?: ProblemReference | undefined;
			fields?: Record<string, string>;
			fieldFaults?: FieldFaults;
			retryAfterSeconds?: number;
			signInUrl?: string;
			site?: string;
			tokenProblem?: TokenProblem | undefined;
		} = {},
	) {
		super(code, options);
		this.name = 'Problem';
		this.code = code;
		this.reference = options.reference;
		this.fields = options.fields;
		this.fieldFaults = options.fieldFaults;
		this.retryAfterSeconds = options.retryAfterSeconds;
		this.signInUrl = options.signInUrl;
		this.site = options.site;
		this.tokenProblem = options.tokenProblem;
	}
}

/** By its name and not by `instanceof`: SvelteKit's bundle and the process each load this module. */
export function isProblem(error: unknown): error is Problem {
	return error instanceof Error && error.name === 'Problem' && 'code' in error;
}
