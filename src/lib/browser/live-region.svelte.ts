// What the one status region of a page says.

/** Long enough for a screen reader to hear that nothing is said any more. */
const SILENCE_MS = 100;

/** `seen`: it is on the page as well, so it is only for those who cannot see it. */
export type Say = (text: string, kind?: 'seen' | 'message') => void;

export class LiveRegion {
	spoken = $state('');
	/** It is on the page as well: then it is for those who cannot see it. */
	isSeen = $state(false);
	#again: ReturnType<typeof setTimeout> | undefined;

	readonly announce: Say = (text, kind = 'message') => {
		clearTimeout(this.#again);
		const isRepeated = text === this.spoken;
		this.spoken = isRepeated ? '' : text;
		this.isSeen = kind === 'seen';
		// The same words again are news only after there were none.
		if (isRepeated) this.#again = setTimeout(() => (this.spoken = text), SILENCE_MS);
	};
}
