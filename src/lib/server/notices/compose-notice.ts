// A mail to the people of mailboxes, in their language: what happened, what stops working and since when, and one link to press
// for each mailbox. Nothing secret is in it, and nothing that reports that it was read.

import { PROTOCOL_FACTS } from '../../domain/mail-protocol.ts';
import { explainTokenProblem } from '../../problems/explain-token.ts';
import { explainMailProblem } from '../../problems/mail-answers/explain-mail-answer.ts';
import { tagOf, type Language } from '../../domain/language.ts';
import { PROBLEM_WORDS } from '../../words/problem-words.ts';
import type { Services } from '../app/services.ts';
import type { DueNotice } from './notice-store.ts';
import type { MailBody, MailSection } from './render-mail.ts';

export type ComposeContext = Pick<Services, 'helperName' | 'signInUrl' | 'mailboxesUrl'>;

/** More in one mail is no help to anybody. */
const MAX_SECTIONS = 20;

/** All of one recipient, the most urgent first; in the language of the first. */
export function composeNotice(
	context: ComposeContext,
	notices: readonly [DueNotice, ...DueNotice[]],
	unsubscribeUrl: string,
): MailBody {
	const [first] = notices;
	const { language } = first;
	const words = PROBLEM_WORDS[language];
	const sections = notices.slice(0, MAX_SECTIONS).map((each) => sectionOf(context, each, language));
	const further = notices.length - sections.length;
	const about = {
		address: first.recipient ?? '',
		helper: context.helperName,
		site: first.siteName,
	};
	const isSigner = first.recipient === first.signedInAs.toLowerCase();
	return {
		language,
		subject: subjectOf(notices, language),
		hello: words.notice_hello({}),
		sections,
		further:
			further > 0
				? words.notice_further_mailboxes({ count: further.toLocaleString(tagOf(language)) })
				: undefined,
		why: isSigner ? words.notice_why_signed_in(about) : words.notice_why_named(about),
		unsubscribe: { text: words.notice_unsubscribe({}), url: unsubscribeUrl },
	};
}

function subjectOf(notices: readonly [DueNotice, ...DueNotice[]], language: Language): string {
	const [first] = notices;
	const words = PROBLEM_WORDS[language];
	const isOne = notices.every(({ mailbox }) => mailbox === first.mailbox);
	const subject = isOne ? subjectOfOne(first, language) : words.notice_subject_several({});
	const isReminder = notices.every(({ reminder }) => reminder > 0);
	return isReminder ? words.notice_subject_reminder({ subject }) : subject;
}

function subjectOfOne({ kind, mailbox, details }: DueNotice, language: Language): string {
	const words = PROBLEM_WORDS[language];
	switch (kind) {
		case 'sign_in':
			return words.notice_subject_sign_in({ mailbox });
		case 'check':
			return words.notice_subject_check({ mailbox, protocol: nameOf(details.protocol) });
		case 'never_used':
			return words.notice_subject_never_used({ mailbox });
	}
}

function sectionOf(context: ComposeContext, notice: DueNotice, language: Language): MailSection {
	const title = subjectOfOne(notice, language);
	switch (notice.kind) {
		case 'sign_in':
			return { title, ...ofSignIn(context, notice, language) };
		case 'check':
			return { title, ...ofCheck(context, notice, language) };
		case 'never_used':
			return { title, ...ofNeverUsed(context, notice, language) };
	}
}

type Contents = Omit<MailSection, 'title'>;

/** After the second reminder there is none. */
const LAST_REMINDER = 2;

function ofSignIn({ signInUrl }: ComposeContext, notice: DueNotice, language: Language): Contents {
	const words = PROBLEM_WORDS[language];
	const { mailbox, details, site, siteName, tokenNumber, createdAt, reminder } = notice;
	const { code = 'sign_in_required', reference } = details.problem ?? {};
	const told = explainTokenProblem(code, { site, mailbox }, reference, language);
	const date = dayOf(createdAt, language);
	return {
		paragraphs: [
			words.notice_sign_in_effect({ date, site: siteName, mailbox }),
			whatIsWrong(told, language),
			// A shared mailbox has no password of its own, and the link takes this account alone.
			words.notice_sign_in_account({ account: notice.signedInAs }),
			...(reminder === LAST_REMINDER ? [words.notice_last_reminder({})] : []),
		],
		link: { text: words.notice_sign_in_link({}), url: signInUrl(tokenNumber) },
		after: [told.next_step, ...supportDetails(Object.values(reference ?? {}), language)],
	};
}

function ofCheck(
	{ mailboxesUrl }: ComposeContext,
	{ mailbox, signedInAs, details, siteName, createdAt }: DueNotice,
	language: Language,
): Contents {
	const words = PROBLEM_WORDS[language];
	const { protocol = 'imap', mail_problem: problem } = details;
	const told = problem && explainMailProblem(problem, protocol, { mailbox, signedInAs }, language);
	const effect = {
		...{ site: siteName, mailbox, protocol: nameOf(protocol) },
		date: dayOf(createdAt, language),
	};
	return {
		paragraphs: [
			words.notice_check_effect(effect),
			...(told ? [whatIsWrong(told, language), told.next_step] : []),
		],
		link: { text: words.notice_check_link({}), url: mailboxesUrl },
		after: supportDetails([problem?.reference?.answer], language),
	};
}

function ofNeverUsed(
	{ mailboxesUrl }: ComposeContext,
	{ mailbox, details, siteName: site, plannedAt }: DueNotice,
	language: Language,
): Contents {
	const words = PROBLEM_WORDS[language];
	const endsAt = details.lapses_at === undefined ? plannedAt : new Date(details.lapses_at);
	const date = dayOf(endsAt, language);
	return {
		paragraphs: [
			words.notice_never_used_text({ site, mailbox, date }),
			words.notice_never_used_next_step({ site }),
		],
		link: { text: words.notice_never_used_link({}), url: mailboxesUrl },
		after: [],
	};
}

/** A title has no full stop of its own. */
function whatIsWrong(
	{ title, explanation }: { title: string; explanation: string },
	language: Language,
): string {
	return `${title}${language === 'ja' ? '。' : '. '}${explanation}`;
}

function supportDetails(found: readonly (string | undefined)[], language: Language): string[] {
	const details = found.filter((detail) => detail !== undefined).join(', ');
	return details === '' ? [] : [PROBLEM_WORDS[language].notice_details({ details })];
}

function nameOf(protocol: DueNotice['details']['protocol']): string {
	return PROTOCOL_FACTS[protocol ?? 'imap'].name;
}

/** Of no time zone that is theirs: a day is near enough. */
function dayOf(at: Date, language: Language): string {
	return at.toLocaleDateString(tagOf(language), {
		...{ day: 'numeric', month: 'long', year: 'numeric' },
		timeZone: 'UTC',
	});
}
