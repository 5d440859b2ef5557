// The languages of the page. English is whole; the others have the page, its states and the commonest problems
// (docs/languages.md says who has read them).

export const LANGUAGES = ['en', 'de', 'fr', 'es', 'pt', 'ja', 'ar'] as const;

export type Language = (typeof LANGUAGES)[number];

/** Each in its own words, for people who read no other. */
export const LANGUAGE_NAMES: Record<Language, string> = {
	en: 'English',
	de: 'Deutsch',
	fr: 'Français',
	es: 'Español',
	pt: 'Português (Brasil)',
	ja: '日本語',
	ar: 'العربية',
};

/** For the attribute `lang` (BCP 47). */
export function tagOf(language: Language): string {
	return language === 'pt' ? 'pt-BR' : language;
}

export function directionOf(language: Language): 'ltr' | 'rtl' {
	return language === 'ar' ? 'rtl' : 'ltr';
}

export function parseLanguage(text: string | null | undefined): Language | undefined {
	return LANGUAGES.find((language) => language === text);
}
