// The words of the page in one language, as functions that Paraglide makes of page/*.json. Every language has the
// same, so the English ones are the type of all.

import type { Language } from './languages.ts';

export type PageWords = typeof import('./compiled/page/messages/en.js');

/** One language at a time: the others never reach the browser. */
const LOADERS: Record<Language, () => Promise<PageWords>> = {
	en: () => import('./compiled/page/messages/en.js'),
	de: () => import('./compiled/page/messages/de.js'),
	fr: () => import('./compiled/page/messages/fr.js'),
	es: () => import('./compiled/page/messages/es.js'),
	pt: () => import('./compiled/page/messages/pt.js'),
	ja: () => import('./compiled/page/messages/ja.js'),
	ar: () => import('./compiled/page/messages/ar.js'),
};

export function loadPageWords(language: Language): Promise<PageWords> {
	return LOADERS[language]();
}
