// The words of the visitor's language, for every component below the layout.

import { createContext } from 'svelte';
import type { Language } from '../words/languages.ts';
import type { PageWords } from '../words/page-words.ts';

export const [getWords, setWords] = createContext<PageWords>();
export const [getLanguage, setLanguage] = createContext<Language>();
