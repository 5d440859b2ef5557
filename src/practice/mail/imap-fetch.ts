// What FETCH answers of one message (RFC 3501 sections 6.4.5 and 7.4.2).

import { envelopeOf, structureOf } from './imap-structure.ts';
import { formatDateTime, literal, type ImapArgument } from './imap-syntax.ts';
import type { StoredMessage } from './mail-store.ts';
import { fieldsOf, parseMime, splitHeader, type MimePart } from './mime.ts';

const FAST = ['FLAGS', 'INTERNALDATE', 'RFC822.SIZE'];
const MACROS: Record<string, readonly string[]> = {
	FAST,
	ALL: [...FAST, 'ENVELOPE'],
	FULL: [...FAST, 'ENVELOPE', 'BODY'],
};

/** Items as one list; undefined if one is not known. */
export function parseItems(argument: ImapArgument | undefined): string[] | undefined {
	const items = Array.isArray(argument) ? argument : [argument];
	const names: string[] = [];
	for (const item of items) {
		if (typeof item !== 'string') return undefined;
		names.push(...(MACROS[item.toUpperCase()] ?? [item]));
	}
	return names.every(isItem) ? names : undefined;
}

/** Looking at it so marks it as read. */
export function marksSeen(item: string): boolean {
	return /^(BODY\[|RFC822(\.TEXT)?$)/i.test(item);
}

/** `name value`, as in the answer. */
export function fetchItem(message: StoredMessage, item: string): string {
	const { content } = message;
	switch (item.toUpperCase()) {
		case 'UID':
			return `UID ${message.uid}`;
		case 'FLAGS':
			return `FLAGS (${[...message.flags].join(' ')})`;
		case 'INTERNALDATE':
			return `INTERNALDATE ${formatDateTime(message.receivedAt)}`;
		case 'RFC822.SIZE':
			return `RFC822.SIZE ${content.length}`;
		case 'ENVELOPE':
			return `ENVELOPE ${envelopeOf(splitHeader(content).header)}`;
		case 'BODY':
			return `BODY ${structureOf(parseMime(content), false)}`;
		case 'BODYSTRUCTURE':
			return `BODYSTRUCTURE ${structureOf(parseMime(content), true)}`;
		case 'RFC822':
			return `RFC822 ${literal(content)}`;
		case 'RFC822.HEADER':
			return `RFC822.HEADER ${literal(splitHeader(content).header)}`;
		case 'RFC822.TEXT':
			return `RFC822.TEXT ${literal(splitHeader(content).body)}`;
		default:
			return fetchSection(content, item);
	}
}

const PLAIN =
	/^(UID|FLAGS|INTERNALDATE|RFC822(\.(SIZE|HEADER|TEXT))?|ENVELOPE|BODY|BODYSTRUCTURE)$/i;
const SECTION = /^BODY(?:\.PEEK)?\[([^\]]*)\](?:<(\d+)(?:\.(\d+))?>)?$/i;

function isItem(item: string): boolean {
	return PLAIN.test(item) || SECTION.test(item);
}

/** `BODY[1.2.HEADER.FIELDS (Subject)]<0.100>` and the like. A part that is not there is NIL. */
function fetchSection(content: string, item: string): string {
	const [, section = '', from, length] = SECTION.exec(item) ?? [];
	const octets = sectionOf(content, section);
	const name = `BODY[${section}]${from === undefined ? '' : `<${from}>`}`;
	if (octets === undefined) return `${name} NIL`;
	const start = Number(from ?? 0);
	const end = length === undefined ? undefined : start + Number(length);
	return `${name} ${literal(octets.slice(start, end))}`;
}

function sectionOf(content: string, section: string): string | undefined {
	if (section === '') return content;
	const [, numbers = '', what = ''] = /^((?:\d+(?:\.|$))*)(.*)$/.exec(section) ?? [];
	const path = numbers.split('.').filter(Boolean).map(Number);
	const part = findPart(parseMime(content), path);
	if (part === undefined) return undefined;
	const isWhole = path.length === 0;
	if (what === '') return part.body;
	if (/^MIME$/i.test(what)) return part.header;
	// Of a part these ask for the message that is in it.
	const message = isWhole ? part : part.parts[0];
	if (message === undefined) return undefined;
	if (/^TEXT$/i.test(what)) return message.body;
	if (/^HEADER$/i.test(what)) return message.header;
	return chosenFields(message.header, what);
}

function findPart(root: MimePart, path: readonly number[]): MimePart | undefined {
	let part: MimePart | undefined = root;
	for (const number of path) {
		const within: MimePart | undefined = isMessage(part) ? part?.parts[0] : part;
		const isSingle: boolean = within !== undefined && within.parts.length === 0;
		part = isSingle && number === 1 ? within : within?.parts[number - 1];
	}
	return part;
}

function isMessage(part: MimePart | undefined): boolean {
	return part?.type === 'message' && part.parts.length === 1;
}

function chosenFields(header: string, what: string): string | undefined {
	const [, not, list = ''] = /^HEADER\.FIELDS(\.NOT)? \(([^)]*)\)$/i.exec(what) ?? [];
	const names = list.toLowerCase().replaceAll('"', '').split(/\s+/).filter(Boolean);
	if (names.length === 0) return undefined;
	const isNamed = (field: string) => names.includes(field.split(':', 1).join('').toLowerCase());
	const fields = fieldsOf(header).filter((field) => isNamed(field) === (not === undefined));
	return `${fields.join('')}\r\n`;
}
