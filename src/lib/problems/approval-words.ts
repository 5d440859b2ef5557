// What is said about approval: to the administrator who is asked for it by e-mail, and to the one who comes
// back from Microsoft and has never seen this page. The return names the mail domain and nobody.

import type { ApprovalAnswer, ApprovalRequest, ApprovalReturn } from '../domain/approval.ts';
import { referenceOfRefusal } from '../domain/refusal.ts';
import type { Language } from '../domain/language.ts';
import { PROBLEM_WORDS } from '../words/problem-words.ts';
import { isolate } from './say.ts';

/** Plain text for a mail program, so nothing in it is isolated. */
export function approvalMail(
	request: ApprovalRequest,
	language: Language,
): { subject: string; text: string } {
	const words = PROBLEM_WORDS[language];
	const { url, mailbox, site, helper } = request;
	const asked =
		site === undefined
			? words.approval_mail_request({ mailbox })
			: words.approval_mail_request_with_site({ mailbox, site });
	const paragraphs = [
		words.approval_mail_greeting({}),
		asked,
		words.approval_mail_rest({ url, helper }),
	];
	const domain = mailbox.slice(mailbox.lastIndexOf('@') + 1);
	return { subject: words.approval_mail_subject({ domain }), text: paragraphs.join('\n\n') };
}

/** `error` counts first: Microsoft sends `admin_consent=True` with it as well. */
export function explainApprovalReturn(
	{ mailDomain, adminConsent, error, description }: ApprovalAnswer,
	language: Language,
): ApprovalReturn {
	const words = PROBLEM_WORDS[language];
	const named = isolate({ domain: mailDomain }, language);
	if (error === undefined && /^true$/i.test(adminConsent)) {
		return {
			outcome: 'approved',
			title: words.approved_title(named),
			explanation: words.approved_explanation(named),
			next_step: words.approved_next_step({}),
		};
	}
	const reference = referenceOfRefusal(error ?? '', description);
	const why = error === 'access_denied' ? 'approval_declined' : 'approval_not_completed';
	return {
		outcome: 'not_approved',
		title: words.not_approved_title(named),
		explanation: words[`${why}_explanation`]({}),
		next_step: words[`${why}_next_step`]({}),
		...(Object.keys(reference).length > 0 && { reference }),
	};
}
