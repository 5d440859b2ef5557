// The clipboard, which a browser may refuse.

/** False when the browser refused. */
export async function copyText(text: string): Promise<boolean> {
	try {
		await navigator.clipboard.writeText(text);
		return true;
	} catch {
		// No permission, or no clipboard in this browser.
		return false;
	}
}

/** So that one key press copies it. */
export function selectText(element: HTMLElement): void {
	getSelection()?.selectAllChildren(element);
}
