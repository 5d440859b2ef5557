// Is a text what it looks like? URL parsing and lower-casing fold look-alikes and drop invisible characters
// without a word (WHATWG URL, UTS 46), so that what is compared would not be what was read.

/** Blanks, control characters, and what is not seen: zero-width, direction marks, variation selectors. */
const UNSEEN = /[\s\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}]/u;

/** Full stops of other scripts, which UTS 46 takes for dots. */
const OTHER_FULL_STOPS = /[\u3002\uff0e\uff61]/;

/** False for letters that stand for others, such as fullwidth ones or the Kelvin sign. Composed or not is one. */
export function isPlainText(text: string): boolean {
	if (UNSEEN.test(text) || OTHER_FULL_STOPS.test(text)) return false;
	const composed = text.normalize('NFC');
	if (composed !== text && text.normalize('NFD') !== text) return false;
	return text.normalize('NFKC') === composed;
}
