// All words of the pages in one language: those of the start, and those of the return from Microsoft and of
// `/mailboxes`.

import type { Language } from '../domain/language.ts';
import { loadStartWords, type StartWords } from './start-words.ts';

type SignedInWords = typeof import('./compiled/signed-in/messages/en.js');

export type PageWords = StartWords & SignedInWords;

const LOADERS: Record<Language, () => Promise<SignedInWords>> = {
	en: () => import('./compiled/signed-in/messages/en.js'),
	de: () => import('./compiled/signed-in/messages/de.js'),
	fr: () => import('./compiled/signed-in/messages/fr.js'),
	es: () => import('./compiled/signed-in/messages/es.js'),
	pt: () => import('./compiled/signed-in/messages/pt.js'),
	ja: () => import('./compiled/signed-in/messages/ja.js'),
	ar: () => import('./compiled/signed-in/messages/ar.js'),
};

export async function loadPageWords(language: Language): Promise<PageWords> {
	const [start, signedIn] = await Promise.all([loadStartWords(language), LOADERS[language]()]);
	return { ...start, ...signedIn };
}
