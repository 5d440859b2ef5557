// What the one status region of a page says.

/** Long enough for a screen reader to hear that nothing is said any more. */
const SILENCE_MS = 100;

export class LiveRegion {
	spoken = $state('');
	/** It is on the page as well: then it is for those who cannot see it. */
	isSeen = $state(false);
	#again: ReturnType<typeof setTimeout> | undefined;

	announce(text: string, kind: 'seen' | 'message' = 'message'): void {
		clearTimeout(this.#again);
		const isRepeated = text === this.spoken;
		this.spoken = isRepeated ? '' : text;
		this.isSeen = kind === 'seen';
		// The same words again are news only after there were none.
		if (isRepeated) this.#again = setTimeout(() => (this.spoken = text), SILENCE_MS);
	}
}
