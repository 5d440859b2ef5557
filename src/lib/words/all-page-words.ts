// The page's words in every language at once: for the server, which says some of them in its answers.

import * as ar from './compiled/page/messages/ar.js';
import * as de from './compiled/page/messages/de.js';
import * as en from './compiled/page/messages/en.js';
import * as es from './compiled/page/messages/es.js';
import * as fr from './compiled/page/messages/fr.js';
import * as ja from './compiled/page/messages/ja.js';
import * as pt from './compiled/page/messages/pt.js';
import type { Language } from './languages.ts';
import type { PageWords } from './page-words.ts';

export const PAGE_WORDS: Record<Language, PageWords> = { en, de, fr, es, pt, ja, ar };
