// The built files that a page's script asks for by itself, as the build writes them down.

import type { Language } from '$lib/domain/language';

/** Paths of built files. */
export type PreloadedFiles = {
	/** Of every page. */
	startWords: Record<Language, string>;
	/** Of one to which somebody may have come back from Microsoft. */
	returnWords: Record<Language, string>;
	scripts: string[];
	styles: string[];
};
