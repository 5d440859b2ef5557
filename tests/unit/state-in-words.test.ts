// The heading of the result names what does not work, and nothing that is not known yet.

import { expect, test } from 'vitest';
import { stateInWords } from '../../src/lib/components/check-outcome.ts';
import type { MailCheck, MailChecks } from '../../src/lib/domain/mail-check.ts';
import { loadPageWords } from '../../src/lib/words/page-words.ts';

const passed: MailCheck = { status: 'passed' };

function failed(code: string): MailCheck {
	const words = { title: '', explanation: '', next_step: '' };
	return { status: 'failed', problem: { code, who: 'visitor', ...words } } as MailCheck;
}

test.each<[string, MailChecks]>([
	['IMAP', { imap: failed('imap_off'), pop: passed, smtp: passed }],
	['IMAP, SMTP', { imap: failed('imap_off'), pop: passed, smtp: failed('smtp_off') }],
	['SMTP', { imap: passed, pop: failed('mail_server_busy'), smtp: failed('smtp_off') }],
])('what does not work is %s', async (protocols, checks) => {
	const words = await loadPageWords('en');
	expect(stateInWords(words, checks)).toBe(`Connected. Not working: ${protocols}`);
});
