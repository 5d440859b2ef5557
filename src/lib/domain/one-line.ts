// One line of text for a page: names and advice. Shown as it is written, so nothing in it may break the line, turn the
// order in which it is read, or be there unseen: two names that look the same are the same.

/** Control characters, line ends, and marks that turn the direction of what follows (UAX 9, 2.1 to 2.4). */
const BREAKS_OR_TURNS = /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u;

/** What no font shows (Default_Ignorable_Code_Point, UAX 44), and the blank that counts as a symbol. */
const UNSEEN = /\p{Default_Ignorable_Code_Point}|\u2800/u;

/** Those of them that scripts and emoji need. */
const NEEDED = /\p{Join_Control}|\p{Variation_Selector}|\u200e|\u200f/gu;

/** More marks on one letter than any script has: they run over the lines around. */
const PILED = /\p{M}{5}/u;

const VISIBLE = /[\p{L}\p{N}\p{P}\p{S}]/u;

export function isOneLine(text: string, maxCharacters: number): boolean {
	return Array.from(text).length <= maxCharacters && !BREAKS_OR_TURNS.test(text);
}

/** One line that somebody will read. */
export function isReadableLine(text: string, maxCharacters: number): boolean {
	return (
		isOneLine(text, maxCharacters) &&
		!UNSEEN.test(text.replace(NEEDED, '')) &&
		!PILED.test(text) &&
		VISIBLE.test(text)
	);
}

/** Shown in a list beside sentences of about half that length. */
export const MAX_ADVICE = 300;

/** Two lines of a heading on a phone. */
export const MAX_SITE_NAME = 100;
