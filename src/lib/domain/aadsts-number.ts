// Microsoft's number in what it says. Apart from what the numbers mean, which the page does not need.

/** Longer texts are cut: the reference is for support, and the text comes through the browser. */
export const MAX_REFUSAL_TEXT = 2000;

/** "Error validating credentials": what was wrong with them stands behind it, and may be the token as well as our secret. */
const SAYS_NO_MORE = '70002';

/** The number in a text of Microsoft's, as text; of several the first that says what is wrong. */
export function aadstsNumber(text: string): string | undefined {
	const found = text.slice(0, MAX_REFUSAL_TEXT).matchAll(/AADSTS([0-9]{4,8})/gi);
	const numbers = [...found].map(([, number]) => number);
	return numbers.find((number) => number !== SAYS_NO_MORE) ?? numbers[0];
}
