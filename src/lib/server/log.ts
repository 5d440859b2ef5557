// The log: JSON lines by pino on standard error, or on what a test hands in. Lines carry events and ids: only
// the fields that are listed here, never a token, code, verifier or key, and mailboxes masked.

import pino, { type DestinationStream } from 'pino';
import { describeError } from './describe-error.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** What a line may say beside its message. Everything else does not compile, and is left out all the same. */
const FIELDS = [
	...(['err', 'id', 'route', 'chore', 'alarm', 'count', 'reference', 'event'] as const),
	...(['site', 'signIn', 'token', 'saved', 'state', 'problem'] as const),
	...(['connection', 'protocol', 'outcome', 'reason', 'mailbox', 'address'] as const),
];

const LISTED = new Set<string>(FIELDS);

type LogFields = Partial<Record<(typeof FIELDS)[number], unknown>>;

type LogLine = { (fields: LogFields, message: string): void; (message: string): void };

export type Log = Readonly<Record<LogLevel, LogLine>>;

export type LogOptions = {
	level: LogLevel;
	/** Whole addresses only where the operator wants them. */
	mailboxes?: 'masked' | 'full';
	destination?: DestinationStream | undefined;
};

export function createLog({ level, mailboxes = 'masked', destination }: LogOptions): Log {
	return pino(
		{
			level,
			base: null,
			timestamp: pino.stdTimeFunctions.isoTime,
			formatters: {
				level: (label) => ({ level: label }),
				log: (fields) => onlyListed(fields, mailboxes),
			},
			// An error's own fields may hold what a server answered: name, code and stack are enough.
			serializers: { err: describeError },
		},
		destination ?? pino.destination({ fd: 2, sync: true }),
	);
}

function onlyListed(
	fields: Record<string, unknown>,
	mailboxes: LogOptions['mailboxes'],
): Record<string, unknown> {
	const unlisted = Object.keys(fields).filter((name) => !LISTED.has(name));
	const { mailbox } = fields;
	return {
		...Object.fromEntries(Object.entries(fields).filter(([name]) => LISTED.has(name))),
		...(typeof mailbox === 'string' && mailboxes !== 'full' && { mailbox: masked(mailbox) }),
		...(unlisted.length > 0 && { left_out: unlisted }),
	};
}

/** Enough for people who know the mailbox. */
function masked(mailbox: string): string {
	return `${mailbox.slice(0, 1)}***${mailbox.slice(mailbox.lastIndexOf('@'))}`;
}
