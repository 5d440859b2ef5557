// What a caller has to tell apart, one class for each: by what is to be done.

import type { Problem } from './answer.ts';

/** `code` is the helper's; `message` is one plain sentence, and holds neither token nor key. */
export class MailkeyError extends Error {
	/** Of the answer; 0 where there was none. */
	readonly status: number;
	readonly code: string;

	constructor(status: number, code: string, message: string, options?: ErrorOptions) {
		super(message, options);
		this.name = new.target.name;
		this.status = status;
		this.code = code;
	}
}

/** 401: stop for all mailboxes, and ask the operator for a key. */
export class InvalidSiteKeyError extends MailkeyError {}

/** 404: stop for this mailbox. Its identifier was revoked, or never was this site's. */
export class UnknownIdentifierError extends MailkeyError {}

/** 404: the connect link is unknown, or its code is wrong, used or too old. */
export class UnknownLinkError extends MailkeyError {}

/** 409: somebody has to sign in, at `signInUrl`. The identifier stays the same. */
export class SignInRequiredError extends MailkeyError {
	readonly signInUrl: string;
	readonly problem: Problem | undefined;

	constructor(message: string, signInUrl: string, problem?: Problem) {
		super(409, 'sign_in_required', message);
		this.signInUrl = signInUrl;
		this.problem = problem;
	}
}

/** 422: a fault of the caller's. `fields` says in words what cannot be used, by the name at the wire. */
export class InvalidInputError extends MailkeyError {
	readonly fields: Readonly<Record<string, string>>;

	constructor(message: string, fields: Readonly<Record<string, string>>) {
		super(422, 'invalid_input', message);
		this.fields = fields;
	}
}

/** Passes by itself: the same request again after `retryAfterMs`. Nothing is wrong with mailbox or password. */
export class TryLaterError extends MailkeyError {
	readonly retryAfterMs: number;

	constructor(
		status: number,
		code: string,
		message: string,
		{ retryAfterMs, ...options }: ErrorOptions & { retryAfterMs: number },
	) {
		super(status, code, message, options);
		this.retryAfterMs = retryAfterMs;
	}
}

/** 429: this site key asks too often. */
export class TooManyRequestsError extends TryLaterError {}

/** 503, any other 5xx, no answer, half an answer, or what only something between here and the helper can have said. */
export class UnavailableError extends TryLaterError {}
