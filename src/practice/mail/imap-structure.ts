// ENVELOPE and BODYSTRUCTURE of a message (RFC 3501 section 7.4.2).

import { nstring } from './imap-syntax.ts';
import { fieldOf, parametersOf, type MimePart } from './mime.ts';

export function envelopeOf(header: string): string {
	const field = (name: string) => fieldOf(header, name);
	const from = field('from');
	const fields = [
		nstring(field('date')),
		nstring(field('subject')),
		addressesOf(from),
		addressesOf(field('sender') ?? from),
		addressesOf(field('reply-to') ?? from),
		addressesOf(field('to')),
		addressesOf(field('cc')),
		addressesOf(field('bcc')),
		nstring(field('in-reply-to')),
		nstring(field('message-id')),
	];
	return `(${fields.join(' ')})`;
}

/** `isFull`: with what BODY leaves out of BODYSTRUCTURE. */
export function structureOf(part: MimePart, isFull: boolean): string {
	const { header, body, type, subtype, parts } = part;
	const more = isFull ? ` ${dispositionOf(header)} NIL NIL` : '';
	const parameters = listOf(part.parameters);
	if (type === 'multipart' && parts.length > 0) {
		const inner = parts.map((inside) => structureOf(inside, isFull)).join('');
		return `(${inner} ${nstring(subtype)}${isFull ? ` ${parameters}` : ''}${more})`;
	}
	const fields = [
		nstring(type === 'multipart' ? 'text' : type),
		nstring(type === 'multipart' ? 'plain' : subtype),
		parameters,
		nstring(fieldOf(header, 'content-id')),
		nstring(fieldOf(header, 'content-description')),
		nstring(fieldOf(header, 'content-transfer-encoding') ?? '7bit'),
		String(body.length),
	];
	const lines = body.split('\r\n').length - 1;
	const [nested] = parts;
	if (nested) fields.push(envelopeOf(nested.header), structureOf(nested, isFull));
	if (nested || type === 'text' || type === 'multipart') fields.push(String(lines));
	return `(${fields.join(' ')}${isFull ? ` NIL${more}` : ''})`;
}

function dispositionOf(header: string): string {
	const field = fieldOf(header, 'content-disposition');
	const [kind] = /^[\w-]+/.exec(field ?? '') ?? [];
	return kind === undefined ? 'NIL' : `(${nstring(kind)} ${listOf(parametersOf(field ?? ''))})`;
}

function listOf(pairs: readonly [string, string][]): string {
	return pairs.length === 0 ? 'NIL' : `(${pairs.flat().map(nstring).join(' ')})`;
}

/** Name, route, local part and host of each; groups are none. */
function addressesOf(field: string | undefined): string {
	const addresses = splitAtCommas(field ?? '')
		.map(addressOf)
		.join('');
	return addresses === '' ? 'NIL' : `(${addresses})`;
}

/** A comma between quotes is none. */
function splitAtCommas(field: string): string[] {
	const texts: string[] = [];
	for (const [index, piece] of field.split('"').entries()) {
		const [first = '', ...rest] = index % 2 === 1 ? [`"${piece}"`] : piece.split(',');
		texts.push((texts.pop() ?? '') + first, ...rest);
	}
	return texts;
}

function addressOf(text: string): string {
	const bracket = text.lastIndexOf('<');
	const address = (bracket < 0 ? text : text.slice(bracket + 1)).replace(/>.*/, '').trim();
	const name = bracket < 0 ? '' : text.slice(0, bracket).replaceAll('"', '').trim();
	const at = address.lastIndexOf('@');
	if (at < 0) return '';
	const fields = [name || undefined, undefined, address.slice(0, at), address.slice(at + 1)];
	return `(${fields.map(nstring).join(' ')})`;
}
