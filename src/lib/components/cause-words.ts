// A cause in words for the owner, and as a ready-made email to the administrator who can mend it.

import { PROTOCOL_FACTS } from '../domain/mail-protocol.ts';
import { switchesOf, type MailboxCause } from '../domain/mailbox-state.ts';
import type { ReadySignIn } from '../domain/sign-in.ts';
import type { PageWords } from '../words/page-words.ts';

export type ToldCause = {
	title: string;
	explanation: string;
	next_step: string;
	/** What the mail server said, for support. */
	answer: string | undefined;
};

export function explainCause(
	{ kind, protocols, works, problem, commands }: MailboxCause,
	mailbox: string,
	words: PageWords,
): ToldCause {
	const { title, explanation, next_step } = problem;
	const answer = problem.reference?.answer;
	if (kind === 'one_problem') return { title, explanation, next_step, answer };
	const named = {
		...{ mailbox, boxes: switchesOf(protocols).join(', '), commands: commands.join('\n') },
		works: works.map((protocol) => PROTOCOL_FACTS[protocol].name).join(', '),
	};
	if (kind === 'switched_off') {
		return {
			title: words.cause_off_title(named),
			explanation: words.cause_off_explanation(named),
			next_step: words.cause_off_next_step(named),
			answer,
		};
	}
	return {
		title: words.cause_refused_title({}),
		explanation: words.cause_refused_explanation(named),
		next_step: words.cause_refused_next_step(named),
		answer,
	};
}

/** The right that is missing is given with an approval. */
export function needsApproval({ problem }: MailboxCause): boolean {
	return problem.code === 'right_not_granted';
}

/** The site uses it now, and nobody was asked for it yet. */
export function needsSignIn({ problem }: MailboxCause): boolean {
	return problem.code === 'right_not_requested';
}

/** Without a recipient: only its writer knows the administrator. */
export function administratorMail(
	{ title, explanation, next_step: nextStep, answer }: ToldCause,
	{ site, email }: Pick<ReadySignIn, 'site' | 'email'>,
	words: PageWords,
): { href: string; text: string } {
	const mailbox = email.toLowerCase();
	const problem = [title, explanation, nextStep, ...(answer ? [answer] : [])].join('\n\n');
	const subject = words.administrator_mail_subject({ mailbox });
	const text = words.administrator_mail_text({ mailbox, site, problem });
	const body = text.replaceAll('\n', '\r\n');
	const href = `mailto:?subject=${encodeURIComponent(subject)}&body=${encodeURIComponent(body)}`;
	return { href, text };
}
