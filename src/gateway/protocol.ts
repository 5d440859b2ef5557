// What the three protocols have in common here: what a client asks for, and what comes of it.

import type { MailServer } from '../client/answer.ts';
import type { MailProtocol } from '../lib/domain/mail-protocol.ts';
import type { Wire } from './wire.ts';

/** What a client logs in with, as it sent it. */
export type Credentials = { user: string; password: string };

/** A mail server that has let us in. `said` is what it answered to the login, for the client. */
export type Upstream = { wire: Wire; said: string };

/** `refused`: the same login will not succeed later. `unavailable`: it may. Both in words for people. */
export type LoginFailure = { kind: 'refused' | 'unavailable'; words: string };

export type LoginOutcome = { kind: 'open'; upstream: Upstream } | LoginFailure;

/** One client, from its connection to its login. */
export type ClientSession = {
	wire: Wire;
	/** `required`: in clear, no login is taken. `possible`: the client may ask for TLS. */
	tls: () => 'required' | 'possible' | 'none';
	startTls(): void;
	/** IMAP: the tag that the mail server is to hear, so that its answer fits the client's question. */
	logIn(credentials: Credentials, tag?: string): Promise<LoginOutcome>;
	/** SMTP: what may be offered before anybody has logged in. */
	extensions(): readonly string[];
};

/** Talks to the client until it is logged in. Undefined when it left or was sent away. Throws `LineTooLong`. */
export type Dialogue = {
	converse(session: ClientSession): Promise<Upstream | undefined>;
	/** The last words to a client that is not logged in. */
	goodbye: Record<'shutdown' | 'too_many' | 'too_slow' | 'line_too_long' | 'broken', string>;
};

/** How a mail server is logged in to by XOAUTH2. Throws `UpstreamRefusal`, or what the network threw. */
export type UpstreamLogin = (
	server: UpstreamServer,
	dial: Dial,
	tag: string,
) => Promise<Upstream & { extensions?: readonly string[] }>;

/**
 * One connection to a mail server, opened once however often it is asked for. Its certificate is verified before anything
 * is said in TLS.
 */
export type Dial = {
	inTls(): Promise<Wire>;
	inClear(): Promise<Wire>;
	startTls(): Promise<void>;
};

/** As the helper tells it. `xoauth2` is the SASL string, which holds the access token. */
export type UpstreamServer = MailServer;

export type Protocols<Value> = Record<MailProtocol, Value>;

/** The mail server said no; `answer` is its own line. */
export class UpstreamRefusal extends Error {
	readonly answer: string;

	constructor(answer: string) {
		super('the mail server refused the login');
		this.answer = answer;
	}
}

/**
 * How the gateway calls itself in SMTP, to both sides. Not the client's name: Exchange Online refuses those that are
 * no host names, and mail programs say what their machine is called.
 */
export const SMTP_NAME = 'mailkey-gateway';

/** Wrong logins on one connection; then it is closed. */
export const MAX_FAILURES = 3;
/** A client needs a handful of commands to log in. */
export const MAX_COMMANDS = 50;
