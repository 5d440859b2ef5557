// One IMAP command as a client sends it before it is logged in: a line, or a line with literals in it (RFC 9051,
// section 4.3; RFC 7888).

import type { Wire } from './wire.ts';

export type ImapCommand = {
	tag: string;
	/** In capitals. */
	name: string;
	/** What follows the name: text, and between two texts a literal. */
	texts: readonly string[];
	literals: readonly string[];
};

export type ImapCommandFault =
	/** The line is none; the tag is known if there was one. */
	| { fault: 'malformed'; tag: string | undefined }
	/** `isSent`: the client does not wait to be asked, so what follows is no command. */
	| { fault: 'literal_too_long'; tag: string; isSent: boolean };

const MAX_LINE_LENGTH = 8_192;
/** RFC 7888 lets LITERAL- send up to 4096 octets without being asked. */
const MAX_LITERAL_LENGTH = 4_096;
const MAX_LITERALS = 8;

/** Undefined when the client is gone. Throws `LineTooLong`. */
export async function readImapCommand(
	wire: Wire,
): Promise<ImapCommand | ImapCommandFault | undefined> {
	const line = await wire.readLine(MAX_LINE_LENGTH);
	if (line === undefined) return undefined;
	const [, tag = '', name, first = ''] =
		/^([^\s(){%*"\\+\p{Cc}]{1,64}) ([A-Za-z]+)(?: (.*))?$/su.exec(line.trimEnd()) ?? [];
	if (name === undefined) {
		return { fault: 'malformed', tag: /^([A-Za-z0-9.]{1,64}) /.exec(line)?.[1] };
	}
	const texts: string[] = [];
	const literals: string[] = [];
	for (let text: string | undefined = first; ; text = await wire.readLine(MAX_LINE_LENGTH)) {
		if (text === undefined) return undefined;
		const literal = /\{(\d{1,10})(\+?)\}$/.exec(text);
		if (!literal) {
			texts.push(text);
			return { tag, name: name.toUpperCase(), texts, literals };
		}
		const length = Number(literal[1]);
		const isSent = literal[2] === '+';
		if (length > MAX_LITERAL_LENGTH || literals.length === MAX_LITERALS) {
			return { fault: 'literal_too_long', tag, isSent };
		}
		if (!isSent) wire.write('+ Go on.\r\n');
		const bytes = await wire.readBytes(length);
		if (bytes === undefined) return undefined;
		texts.push(text.slice(0, literal.index));
		literals.push(bytes.toString('utf8'));
	}
}

/** The `astring`s of a command, separated by one space each; undefined when it has something else in it. */
export function readAstrings({ texts, literals }: ImapCommand): string[] | undefined {
	const found: string[] = [];
	for (const [index, text] of texts.entries()) {
		const isFirst = index === 0;
		const isLast = index === texts.length - 1;
		const inner = between(text, isFirst ? '' : ' ', isLast ? '' : ' ');
		const plain = inner === undefined ? undefined : readPlain(inner);
		if (plain === undefined) return undefined;
		found.push(...plain);
		const literal = literals[index];
		if (literal !== undefined) found.push(literal);
	}
	return found;
}

/** The blanks beside a literal are there, or there is nothing beside it. */
function between(text: string, before: string, after: string): string | undefined {
	if (text === '') return '';
	if (text === ' ' && before === ' ' && after === ' ') return '';
	if (!text.startsWith(before) || !text.endsWith(after)) return undefined;
	return text.slice(before.length, text.length - after.length);
}

function readPlain(text: string): string[] | undefined {
	if (text === '') return [];
	const strings: string[] = [];
	const next = /(?:"((?:[^"\\\r\n]|\\["\\])*)"|([^\s(){%*"\\\p{Cc}]+))(?: |$)/uy;
	while (next.lastIndex < text.length) {
		const match = next.exec(text);
		if (!match) return undefined;
		strings.push(match[2] ?? (match[1] ?? '').replace(/\\(["\\])/g, '$1'));
	}
	return text.endsWith(' ') ? undefined : strings;
}
