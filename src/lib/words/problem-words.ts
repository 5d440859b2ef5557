// The words of problems in every language, as functions that Paraglide makes of problems/*.json: for the server.

import * as ar from './compiled/problems/messages/ar.js';
import * as de from './compiled/problems/messages/de.js';
import * as en from './compiled/problems/messages/en.js';
import * as es from './compiled/problems/messages/es.js';
import * as fr from './compiled/problems/messages/fr.js';
import * as ja from './compiled/problems/messages/ja.js';
import * as pt from './compiled/problems/messages/pt.js';
import type { Language } from '../domain/language.ts';

export type ProblemWords = typeof en;

export const PROBLEM_WORDS: Record<Language, ProblemWords> = { en, de, fr, es, pt, ja, ar };
