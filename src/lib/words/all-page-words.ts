// The words of the pages in every language at once: for the server, which says some of them in its answers.

import * as enSignedIn from './compiled/signed-in/messages/en.js';
import * as en from './compiled/start/messages/en.js';
import * as deSignedIn from './compiled/signed-in/messages/de.js';
import * as de from './compiled/start/messages/de.js';
import * as frSignedIn from './compiled/signed-in/messages/fr.js';
import * as fr from './compiled/start/messages/fr.js';
import * as esSignedIn from './compiled/signed-in/messages/es.js';
import * as es from './compiled/start/messages/es.js';
import * as ptSignedIn from './compiled/signed-in/messages/pt.js';
import * as pt from './compiled/start/messages/pt.js';
import * as jaSignedIn from './compiled/signed-in/messages/ja.js';
import * as ja from './compiled/start/messages/ja.js';
import * as arSignedIn from './compiled/signed-in/messages/ar.js';
import * as ar from './compiled/start/messages/ar.js';
import type { Language } from '../domain/language.ts';
import type { PageWords } from './page-words.ts';

export const PAGE_WORDS: Record<Language, PageWords> = {
	en: { ...en, ...enSignedIn },
	de: { ...de, ...deSignedIn },
	fr: { ...fr, ...frSignedIn },
	es: { ...es, ...esSignedIn },
	pt: { ...pt, ...ptSignedIn },
	ja: { ...ja, ...jaSignedIn },
	ar: { ...ar, ...arSignedIn },
};
