// The one parser of host names. Node's URL parser and each browser's fold letters by Unicode tables of their own age:
// U+1E9E is "ss" to one and "ß" to another, so one text would name two hosts. Only what they all read alike is taken.

import { isPlainText } from './plain-text.ts';
import { decodeLabel } from './punycode.ts';

/**
 * Letters, marks and digits of the scripts that domain names are written in, from blocks that have not changed for years.
 * Found by comparing Node 20 and Chromium over every code point: what is in a range and is not taken here is read
 * differently by the two, or by one of them not at all.
 */
const READ_ALIKE = new RegExp(
	// eslint-disable-next-line no-misleading-character-class -- a mark is meant by itself here
	`^[${[
		'\\-.0-9A-Z_a-z', // ASCII
		'\\u00b7\\u00c0-\\u00d6\\u00d8-\\u00f6\\u00f8-\\u024f\\u0300-\\u0344\\u0346-\\u036f\\u1e00-\\u1e9d\\u1e9f-\\u1eff', // Latin
		'\\u0370-\\u03ff\\u0400-\\u04bf\\u04c1-\\u052f\\u0531-\\u0556\\u0561-\\u0587\\u10d0-\\u10fa', // Greek to Georgian
		'\\u05d0-\\u05ea\\u0620-\\u064a\\u0671-\\u06d3\\u06d5', // Hebrew, Arabic
		'\\u0900-\\u0c3b\\u0c3d-\\u0c5b\\u0c5d-\\u0cdb\\u0cdd-\\u0cf2\\u0d00-\\u0d7f', // India
		'\\u0e01-\\u0e4e\\u0e81-\\u0ecd\\u0ed0-\\u0edf\\u0f00-\\u0fbc\\u1000-\\u109d\\u1780-\\u17dd', // Thai to Khmer
		'\\u1200-\\u135a', // Ethiopic
		'\\u3005-\\u3007\\u3041-\\u30ff\\u3105-\\u312f\\u3400-\\u4dbf\\u4e00-\\u9fff\\uac00-\\ud7a3', // China, Japan, Korea
	].join('')}]+$`,
);

const RIGHT_TO_LEFT = /[\u0590-\u08ff]/;

/** RFC 5893, narrower: beside a right-to-left label there are such ones and plain ones only. Node does not look. */
const BESIDE_RIGHT_TO_LEFT =
	/^(?:[\u0590-\u08ff]|[\u0590-\u08ff][\u0590-\u08ff0-9-]*[\u0590-\u08ff0-9]|[a-z][a-z0-9-]*)$/i;

/** A host name as typed (with letters or as A-labels), as A-labels in lower case. Whether it is a public one, is not asked. */
export function parseHostName(text: string): string | undefined {
	const typed = text.split('.');
	// "*" is part of no host, so a label that does not decode is refused with whatever else does not belong there.
	const labels = typed.map((label) => decodeLabel(label) ?? '*');
	const named = labels.join('.');
	if (!READ_ALIKE.test(named) || !isPlainText(named)) return undefined;
	if (RIGHT_TO_LEFT.test(named) && !labels.every((label) => BESIDE_RIGHT_TO_LEFT.test(label))) {
		return undefined;
	}
	if (!URL.canParse(`https://${named}`)) return undefined;
	const host = new URL(`https://${named}`).hostname;
	const found = host.split('.');
	// An A-label that is not the one of its letters is another spelling of somebody else's name.
	const isItself = typed.every(
		(label, at) => label === labels[at] || label.toLowerCase() === found[at],
	);
	return isItself ? host : undefined;
}

/** On the public internet: a name with a dot, neither an IP address nor a local name. */
export function isPublicHostName(host: string): boolean {
	if (host.length > 253 || !host.includes('.')) return false;
	const labels = host.split('.');
	const last = labels.at(-1) ?? '';
	if (!/^[a-z][a-z0-9-]*$/.test(last) || last === 'localhost') return false;
	return labels.every((label) => /^[a-z0-9]([a-z0-9_-]{0,61}[a-z0-9])?$/.test(label));
}
