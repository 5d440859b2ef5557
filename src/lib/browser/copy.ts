// The clipboard, which a browser may refuse.

/** To a `CopyButton`: what it copies was copied by its like, before the page's script was there. */
export const COPIED = 'copied';

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
