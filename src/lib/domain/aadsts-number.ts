// Microsoft's number in what it says. Apart from what the numbers mean, which the page does not need.

/** Longer texts are cut: the reference is for support, and the text comes through the browser. */
export const MAX_REFUSAL_TEXT = 2000;

/** The number in a text of Microsoft's, as text. */
export function aadstsNumber(text: string): string | undefined {
	return /AADSTS([0-9]{4,8})/.exec(text.slice(0, MAX_REFUSAL_TEXT))?.[1];
}
