// What the operator has the page say. All of it is shown to everybody.

import { isReadableLine, MAX_ADVICE } from '../../domain/one-line.ts';
import { parseSupportUrl } from '../../domain/support-url.ts';
import type { Reader } from './reader.ts';

export function readSupportUrl(reader: Reader, name: string): string | undefined {
	const text = reader.text(name);
	if (text === undefined) return undefined;
	const url = parseSupportUrl(text);
	if (url !== undefined) return url;
	reader.fault(
		`${name} must be an https:// or mailto: URL, or an email address such as help@mycompany.com.`,
	);
	return undefined;
}

/** The operator's privacy statement: a page, so no mailto. */
export function readPrivacyUrl(reader: Reader, name: string): string | undefined {
	const text = reader.text(name);
	if (text === undefined) return undefined;
	const url = /^https:\/\//i.test(text) ? parseSupportUrl(text) : undefined;
	if (url !== undefined) return url;
	reader.fault(`${name} must be an https:// URL, such as https://mycompany.com/privacy.`);
	return undefined;
}

/** One line of text, as a name or advice. */
export function readLine(reader: Reader, name: string): string | undefined {
	const text = reader.text(name);
	if (text === undefined || isReadableLine(text, MAX_ADVICE)) return text;
	reader.fault(
		`${name} must be one line of text, at most ${MAX_ADVICE} characters, without control characters or invisible marks.`,
	);
	return undefined;
}
