// What came of a mail login, in a word or two.

import type { MailCheck } from '../domain/mail-check.ts';
import type { PageWords } from '../words/page-words.ts';

/** `works`: how success is called. */
export function outcomeOf(words: PageWords, check: MailCheck, works: string): string {
	if (check.status === 'passed') return works;
	if (check.status === 'running') return words.check_running({});
	if (check.status === 'failed') return words.check_fails({});
	return check.problem ? words.check_not_permitted({}) : words.check_not_checked({});
}
