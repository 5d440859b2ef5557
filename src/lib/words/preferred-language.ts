// Which of our languages a browser asks for (RFC 9110, 12.5.4). English where it asks for none of them.

import { extractLocaleFromHeader } from './compiled/start/runtime.js';
import type { Language } from '../domain/language.ts';

const HEADER = 'accept-language';

export function preferredLanguage({ headers }: Request): Language {
	// A weight of 0 means: not this one. Paraglide takes it for the last choice.
	const wanted = (headers.get(HEADER) ?? '')
		.split(',')
		.filter((range) => Number(range.split('q=')[1] ?? 1) !== 0);
	const request = new Request('http://localhost', { headers: { [HEADER]: wanted.join(',') } });
	return extractLocaleFromHeader(request) ?? 'en';
}
