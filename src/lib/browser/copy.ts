// The clipboard, which a browser may refuse.

/** Tells a `CopyButton` that its text was copied already, by the early script. */
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
