// One line of text for a page: names and advice. Shown as it is written, so nothing in it may break the line, or turn
// the order in which it is read.

/** Control characters, line ends, and marks that turn the direction of what follows (UAX 9, 2.1 to 2.4). */
const BREAKS_OR_TURNS = /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u;

export function isOneLine(text: string, maxCharacters: number): boolean {
	return Array.from(text).length <= maxCharacters && !BREAKS_OR_TURNS.test(text);
}

/** Shown in a list beside sentences of about half that length. */
export const MAX_ADVICE = 300;

/** Two lines of a heading on a phone. */
export const MAX_SITE_NAME = 100;
