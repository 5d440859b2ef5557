// A message taken apart as mail clients ask for it: header fields, and the tree of its parts (RFC 5322, RFC 2046).
// Messages are strings of octets (latin1), their lines end with CRLF.

export type MimePart = {
	/** With the empty line that ends it. */
	header: string;
	body: string;
	type: string;
	subtype: string;
	parameters: readonly [name: string, value: string][];
	/** Of a multipart; of a message in a message the one part that it is. */
	parts: readonly MimePart[];
};

/** A message nested deeper is shown as one text from there on. */
const MAX_DEPTH = 20;

export function parseMime(content: string, depth = 0): MimePart {
	const { header, body } = splitHeader(content);
	const field = fieldOf(header, 'content-type') ?? '';
	const [, type = 'text', subtype = 'plain'] = /^\s*([\w.+-]+)\/([\w.+-]+)/.exec(field) ?? [];
	const part = {
		header,
		body,
		type: type.toLowerCase(),
		subtype: subtype.toLowerCase(),
		parameters: parametersOf(field),
	};
	return { ...part, parts: depth < MAX_DEPTH ? partsOf(part, depth + 1) : [] };
}

export function splitHeader(content: string): { header: string; body: string } {
	if (content.startsWith('\r\n')) return { header: '\r\n', body: content.slice(2) };
	const end = content.indexOf('\r\n\r\n');
	if (end < 0) return { header: content, body: '' };
	return { header: content.slice(0, end + 4), body: content.slice(end + 4) };
}

/** The first field of this name, unfolded. */
export function fieldOf(header: string, name: string): string | undefined {
	const wanted = `${name.toLowerCase()}:`;
	const field = fieldsOf(header).find((text) => text.toLowerCase().startsWith(wanted));
	return field
		?.slice(wanted.length)
		.replace(/\r\n(?=[ \t])/g, '')
		.trim();
}

/** As they are, folded, each with its line end. */
export function fieldsOf(header: string): string[] {
	return header.split(/(?<=\r\n)(?![ \t])/).filter((field) => field.includes(':'));
}

/** Of `Content-Type` or `Content-Disposition`. */
export function parametersOf(field: string): [name: string, value: string][] {
	return [...field.matchAll(/;\s*([^\s=;"]+)=("(?:[^"\\]|\\.)*"|[^\s;]*)/g)].map(
		([, name = '', value = '']) => [
			name,
			value.startsWith('"') ? value.slice(1, -1).replace(/\\(.)/g, '$1') : value,
		],
	);
}

function partsOf(
	{ type, subtype, parameters, body }: Omit<MimePart, 'parts'>,
	depth: number,
): MimePart[] {
	if (type === 'message' && subtype === 'rfc822') return [parseMime(body, depth)];
	const [, boundary = ''] = parameters.find(([name]) => name.toLowerCase() === 'boundary') ?? [];
	if (type !== 'multipart' || boundary === '') return [];
	const [, ...pieces] = `\r\n${body}`.split(`\r\n--${boundary}`);
	const end = pieces.findIndex((piece) => piece.startsWith('--'));
	return pieces
		.slice(0, end < 0 ? undefined : end)
		.map((piece) => parseMime(piece.slice(piece.indexOf('\r\n') + 2), depth));
}

/** Octets as they came, with the line ends that IMAP and POP promise. */
export function withCrlf(content: string): string {
	return content.replace(/\r\n|\r|\n/g, '\r\n');
}
