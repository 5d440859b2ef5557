// Which of our languages a browser asks for (RFC 9110, 12.5.4). English where it asks for none of them.

import { extractLocaleFromHeader } from './compiled/page/runtime.js';
import type { Language } from './languages.ts';

export function preferredLanguage(request: Request): Language {
	return extractLocaleFromHeader(request) ?? 'en';
}
