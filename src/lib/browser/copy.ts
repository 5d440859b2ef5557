// The clipboard, which a browser may refuse.

/** What to say of it. */
export async function copyText(text: string): Promise<string> {
	try {
		await navigator.clipboard.writeText(text);
		return 'Copied.';
	} catch {
		// The browser refused the clipboard.
		return 'Your browser does not let this page copy. Select the text and copy it yourself.';
	}
}
