// The log: JSON lines by pino on standard error, or on what a test hands in. Lines carry events and ids: only
// the fields that are listed here, never a token, code, verifier or key, and mailboxes masked.

import pino, { type DestinationStream } from 'pino';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** What a line may say beside its message. Everything else does not compile, and is left out all the same. */
const FIELDS = [
	...(['err', 'id', 'route', 'chore', 'alarm', 'count', 'reference'] as const),
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

/** Deeper than any real chain; an error can also be its own cause. */
const MAX_CAUSES = 5;

/** The name, code and place of an error and of its causes. Messages of libraries can quote what they were given. */
export function describeError(error: unknown, depth = 0): Record<string, unknown> {
	if (!(error instanceof Error)) return { name: typeof error };
	const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
	const at = placeOf(error);
	const hasCause = error.cause !== undefined && depth < MAX_CAUSES;
	return {
		name: error.name,
		...(code !== undefined && { code }),
		...(at !== undefined && { at }),
		...(hasCause && { cause: describeError(error.cause, depth + 1) }),
	};
}

/** The first line of the stack below the message, which itself may hold lines that look like one. */
function placeOf({ stack, message }: Error): string | undefined {
	if (stack === undefined) return undefined;
	const from = message === '' ? 0 : stack.indexOf(message);
	if (from < 0) return undefined;
	const below = stack.slice(from + message.length).split('\n');
	return below.find((line) => /^\s+at \S/.test(line))?.trim();
}
