// A login through the gateway: the identifier is matched with the user name, resolved, and its access token shown to
// the mail server. Nothing of it is kept afterwards but where that server is.

import type { MailLoginFailure } from '../lib/domain/mail-login.ts';
import { formatIdentifier, isLongNumber, parseIdentifier } from '../lib/domain/identifier.ts';
import { parseMailboxAddress, type MailboxAddress } from '../lib/domain/mailbox-address.ts';
import type { MailProtocol } from '../lib/domain/mail-protocol.ts';
import {
	explainMailProblem,
	problemOfAnswer,
} from '../lib/problems/mail-answers/explain-mail-answer.ts';
import { LASTING } from '../lib/problems/mail-answers/lasting.ts';
import { faultOfConnection } from '../lib/server/mail/connection-fault.ts';
import type { Who } from '../lib/domain/problem.ts';
import type { Problem } from '../client/answer.ts';
import type { OpenDial } from './dial.ts';
import type { DialAhead } from './dial-ahead.ts';
import type { LoginThrottle } from './login-throttle.ts';
import type { Credentials, LoginFailure, LoginOutcome, UpstreamServer } from './protocol.ts';
import { UpstreamRefusal } from './protocol.ts';
import { upstreamLogins } from './upstream-logins.ts';
import { inOneLine } from './words.ts';

export type LogInContext = {
	dialAhead: DialAhead;
	throttle: LoginThrottle;
	/** Numbers from before they were random are refused. */
	longNumbersOnly: boolean;
	/** What SMTP submission servers said that they can do. */
	sawExtensions(host: string, extensions: readonly string[]): void;
};

export type LogInRequest = Credentials & {
	protocol: MailProtocol;
	/** The client's IPv4 address, or the /64 of its IPv6 address. */
	clientAddress: string;
	/** Aborted when the client leaves; then nothing goes on for it. */
	left: AbortSignal;
	/** IMAP: for the mail server. */
	tag: string;
};

/** `reason` is for the log: a code of ours, or of the helper. */
export type LogInResult = { outcome: LoginOutcome; reason: string; mailbox?: MailboxAddress };

export async function logIn(context: LogInContext, request: LogInRequest): Promise<LogInResult> {
	const mailbox = parseMailboxAddress(request.user);
	const result = await logInTo(mailbox, context, request);
	return { ...result, ...(mailbox.ok && { mailbox: mailbox.value }) };
}

async function logInTo(
	mailbox: ReturnType<typeof parseMailboxAddress>,
	context: LogInContext,
	request: LogInRequest,
): Promise<LogInResult> {
	const identifier = parseIdentifier(request.password);
	if (!mailbox.ok) return failed('refused', 'no_mailbox', NO_MAILBOX);
	if (!identifier) return failed('refused', 'no_identifier', NO_IDENTIFIER);
	if (identifier.mailbox !== mailbox.value) {
		return failed('refused', 'other_mailbox', OTHER_MAILBOX);
	}
	if (context.longNumbersOnly && !isLongNumber(identifier.number)) {
		return failed('refused', 'short_number', SHORT_NUMBER);
	}
	const { clientAddress, left, protocol } = request;
	const attempt = { identifier: formatIdentifier(identifier), mailbox: mailbox.value };
	const begun = context.dialAhead({ ...attempt, clientAddress, protocol });
	const resolved = await context.throttle.ask({ ...attempt, clientAddress, left });
	const server = resolved.kind === 'resolved' ? resolved.servers[protocol] : undefined;
	if (server) return logInUpstream(context, request, server, begun.takeTo(server));
	begun.drop();
	if (resolved.kind === 'left') return CLIENT_LEFT;
	if (resolved.kind === 'turned_away') {
		return failed('unavailable', 'too_many_guesses', TOO_MANY_GUESSES);
	}
	if (resolved.kind === 'unknown') {
		return failed('refused', 'unknown_identifier', UNKNOWN_IDENTIFIER);
	}
	if (resolved.kind === 'unavailable') {
		return failed('unavailable', `helper_${resolved.reason}`, notNow(resolved.problem));
	}
	if (resolved.kind === 'sign_in_required') {
		return failed('refused', 'sign_in_required', signIn(resolved.signInUrl, resolved.problem));
	}
	return failed('refused', 'not_granted', NOT_GRANTED);
}

async function logInUpstream(
	{ sawExtensions }: LogInContext,
	{ protocol, tag, left }: LogInRequest,
	server: UpstreamServer,
	line: OpenDial,
): Promise<LogInResult> {
	left.addEventListener('abort', line.hangUp);
	try {
		const { extensions, ...upstream } = await upstreamLogins[protocol](server, line, tag);
		line.done();
		if (extensions) sawExtensions(server.host, extensions);
		return { outcome: { kind: 'open', upstream }, reason: 'ok' };
	} catch (error) {
		line.hangUp();
		if (left.aborted) return CLIENT_LEFT;
		const failure: MailLoginFailure = line.isLate()
			? { kind: 'unreachable', reason: 'timeout' }
			: failureOf(error);
		return failedUpstream(protocol, failure, server.user);
	} finally {
		left.removeEventListener('abort', line.hangUp);
	}
}

function failureOf(error: unknown): MailLoginFailure {
	if (error instanceof UpstreamRefusal) {
		return { kind: 'refused', stage: 'authenticate', answer: error.answer };
	}
	const fault = faultOfConnection(error);
	return fault.kind === 'passed' ? { kind: 'unreachable', reason: 'not_understood' } : fault;
}

function failedUpstream(
	protocol: MailProtocol,
	failure: MailLoginFailure,
	mailbox: string,
): LogInResult {
	const subject = { mailbox, signedInAs: mailbox };
	const known = { ...subject, right: 'granted', tokenLeftSeconds: Infinity } as const;
	const problem = problemOfAnswer(protocol, failure, known);
	const { title, reference } = explainMailProblem(problem, protocol, subject);
	const { code, wait_seconds: waitSeconds } = problem;
	const words = [
		`${title}.`,
		...(waitSeconds === undefined ? [] : [`Try again in ${waitSeconds} seconds.`]),
		...(reference ? [`It said: ${reference.answer}`] : []),
	].join(' ');
	return failed(LASTING[code] === 'temporary' ? 'unavailable' : 'refused', code, words);
}

function failed(kind: LoginFailure['kind'], reason: string, words: string): LogInResult {
	return { outcome: { kind, words: inOneLine(words) }, reason };
}

const NO_MAILBOX = 'The user name must be the address of the mailbox.';
const NO_IDENTIFIER =
	'The password must be the identifier from the sign-in page: ExternalOAuthToken, a number and the mailbox, with colons between.';
const OTHER_MAILBOX =
	'Use the identifier of this mailbox: the one given belongs to another mailbox.';
const UNKNOWN_IDENTIFIER =
	'Get an identifier from the sign-in page: this one is not known, or it was revoked.';

/** Whom to ask, for what a new sign-in alone does not end. */
const ASK: Partial<Record<Who, string>> = {
	microsoft_365_administrator: 'Ask your Microsoft 365 administrator',
	operator: 'Ask the operator of the sign-in page',
};

function signIn(url: string, problem: Problem | undefined): string {
	const ask = problem && ASK[problem.who];
	if (ask !== undefined) {
		return `${ask}: ${problem?.title}. Then sign in again: ${url} (the identifier stays the same)`;
	}
	const why = problem ? `${problem.title}; ` : 'somebody has to, for this mailbox; ';
	return `Sign in again: ${url} (${why}the identifier stays the same)`;
}

function notNow(problem: Problem | undefined): string {
	if (problem === undefined) return HELPER_UNREACHABLE;
	return `${ASK[problem.who] ?? 'Try again later'}: ${problem.title}. It is tried again by itself, and nothing is wrong with the password.`;
}

const NOT_GRANTED =
	'Sign in again for this mailbox: Microsoft gave no right for this protocol the last time.';
const HELPER_UNREACHABLE =
	'Try again later: the sign-in helper cannot be reached; nothing is wrong with the password.';
const SHORT_NUMBER =
	'Get a new identifier: revoke this one and sign in again, as this gateway takes no short numbers.';
const TOO_MANY_GUESSES =
	'Try again in a minute: too many logins with identifiers that are not known.';
/** Only the log hears it. */
const CLIENT_LEFT = failed('unavailable', 'client_left', 'The client left.');
