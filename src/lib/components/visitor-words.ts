// The words of the visitor's language, for every component below the layout.

import { createContext } from 'svelte';
import type { Language } from '../domain/language.ts';
import type { PageWords } from '../words/page-words.ts';
import type { StartWords } from '../words/start-words.ts';

export const [getStartWords, setStartWords] = createContext<StartWords>();
/** All of them: below what came of a sign-in, and on `/mailboxes`. */
export const [getWords, setWords] = createContext<PageWords>();
export const [getLanguage, setLanguage] = createContext<Language>();
