// What came of a mail login, in a word or two, and as a sign.

import type { MailCheck, MailChecks } from '../domain/mail-check.ts';
import { isBusy, mailboxState } from '../domain/mailbox-state.ts';
import { MAIL_PROTOCOLS, PROTOCOL_FACTS } from '../domain/mail-protocol.ts';
import { tagOf, type Language } from '../domain/language.ts';
import type { PageWords } from '../words/page-words.ts';

/** `works`: how success is called. */
export function outcomeOf(words: PageWords, check: MailCheck, works: string): string {
	if (check.status === 'passed') return works;
	if (check.status === 'running') return words.check_running({});
	if (isBusy(check)) return words.check_not_known({});
	if (check.status === 'failed') return words.check_fails({});
	return check.problem ? words.check_not_permitted({}) : words.check_not_checked({});
}

export function iconOf(check: MailCheck): 'tick' | 'cross' | 'warning' | 'dash' | 'spinner' {
	const { status, problem } = check;
	if (status === 'passed') return 'tick';
	if (status === 'running') return 'spinner';
	if (isBusy(check)) return 'warning';
	return status === 'failed' || problem ? 'cross' : 'dash';
}

/** The one status of a mailbox, as its heading and the page's title say it. */
export function stateInWords(words: PageWords, checks: MailChecks): string {
	const failing = MAIL_PROTOCOLS.filter(
		(protocol) => checks[protocol].problem && !isBusy(checks[protocol]),
	);
	const protocols = failing.map((protocol) => PROTOCOL_FACTS[protocol].name).join(', ');
	return words[`state_${mailboxState(checks)}`]({ protocols });
}

/** The whole check in sentences, for those who do not see its lines. */
export function checksInWords(words: PageWords, language: Language, checks: MailChecks): string {
	const names = (status: MailCheck['status']) =>
		MAIL_PROTOCOLS.filter((protocol) => checks[protocol].status === status).map(
			(protocol) => PROTOCOL_FACTS[protocol].name,
		);
	const list = (each: string[]) =>
		new Intl.ListFormat(tagOf(language), { type: 'unit' }).format(each);
	const [works, fails] = [names('passed'), names('failed')];
	return [
		words.say_check_finished({}),
		...(works.length > 0 ? [words.say_check_works({ protocols: list(works) })] : []),
		...(fails.length > 0 ? [words.say_check_fails({ protocols: list(fails) })] : []),
	].join(' ');
}
