// The words in one language that are said before anybody has signed in: all that a browser fetches for the first look.
// Functions that Paraglide makes of start/*.json. Every language has the same, so the English ones are the type of all.

import type { Language } from '../domain/language.ts';

export type StartWords = typeof import('./compiled/start/messages/en.js');

/** One language at a time: the others never reach the browser. */
const LOADERS: Record<Language, () => Promise<StartWords>> = {
	en: () => import('./compiled/start/messages/en.js'),
	de: () => import('./compiled/start/messages/de.js'),
	fr: () => import('./compiled/start/messages/fr.js'),
	es: () => import('./compiled/start/messages/es.js'),
	pt: () => import('./compiled/start/messages/pt.js'),
	ja: () => import('./compiled/start/messages/ja.js'),
	ar: () => import('./compiled/start/messages/ar.js'),
};

export function loadStartWords(language: Language): Promise<StartWords> {
	return LOADERS[language]();
}
