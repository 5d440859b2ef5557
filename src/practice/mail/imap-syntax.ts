// IMAP's grammar, both ways (RFC 3501 section 9): a command into its arguments, values into what the client reads.

export type ImapArgument = string | ImapArgument[];

/** A command with its literals in place; undefined if it is no command. Brackets stay within their atom. */
export function parseArguments(text: string): ImapArgument[] | undefined {
	const root: ImapArgument[] = [];
	const open = [root];
	let at = 0;
	while (at < text.length) {
		const rest = text.slice(at);
		const list = open.at(-1);
		if (list === undefined) return undefined;
		const literal = /^\{(\d+)\+?\}\r\n/.exec(rest);
		const quoted = /^"((?:[^"\\]|\\.)*)"/.exec(rest);
		const atom = /^(?:[^\s()"{[]|\[[^\]]*\])+/.exec(rest);
		if (rest.startsWith(' ')) at += 1;
		else if (rest.startsWith('(')) {
			const inner: ImapArgument[] = [];
			list.push(inner);
			open.push(inner);
			at += 1;
		} else if (rest.startsWith(')')) {
			open.pop();
			at += 1;
		} else if (literal) {
			const length = Number(literal[1]);
			list.push(rest.slice(literal[0].length, literal[0].length + length));
			at += literal[0].length + length;
		} else if (quoted) {
			list.push((quoted[1] ?? '').replace(/\\(.)/g, '$1'));
			at += quoted[0].length;
		} else if (atom) {
			list.push(atom[0]);
			at += atom[0].length;
		} else return undefined;
	}
	return open.length === 1 ? root : undefined;
}

/** NIL, a quoted string, or a literal where a quoted string cannot hold it. */
export function nstring(text: string | undefined): string {
	return text === undefined ? 'NIL' : astring(text);
}

export function astring(text: string): string {
	return /[^\x20-\x7e]/.test(text) ? literal(text) : `"${text.replace(/["\\]/g, '\\$&')}"`;
}

export function literal(octets: string): string {
	return `{${octets.length}}\r\n${octets}`;
}

/** Which of `numbers` a sequence set names (RFC 3501 section 9, `sequence-set`); undefined if it is none. */
export function parseSequence(
	text: string,
	numbers: readonly number[],
): ReadonlySet<number> | undefined {
	if (!/^(\d+|\*)(:(\d+|\*))?(,(\d+|\*)(:(\d+|\*))?)*$/.test(text)) return undefined;
	const last = numbers.at(-1) ?? 0;
	const numberOf = (end: string) => (end === '*' ? last : Number(end));
	const ranges = text.split(',').map((range) => {
		const [from = '', to = from] = range.split(':');
		return [numberOf(from), numberOf(to)].sort((a, b) => a - b);
	});
	return new Set(
		numbers.filter((number) => ranges.some(([from = 0, to = 0]) => number >= from && number <= to)),
	);
}

/** `17-Jul-1996 02:44:25 +0000`. */
export function formatDateTime(at: Date): string {
	const [, day = '', month = '', year = '', time = ''] = at.toUTCString().split(' ');
	return `"${day}-${month}-${year} ${time} +0000"`;
}

export function textOf(argument: ImapArgument | undefined): string {
	return typeof argument === 'string' ? argument : '';
}

export function wordsOf(argument: ImapArgument | undefined): string[] {
	return (Array.isArray(argument) ? argument : []).map((word) => textOf(word).toUpperCase());
}
