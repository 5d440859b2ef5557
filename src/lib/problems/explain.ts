// Turns a problem code into words: what happened, who can do something about it, and the next step.
// Codes choose words and nothing else; where Microsoft said no, its own number says more than our code
// does, and chooses better ones. Written for someone who does not know what OAuth is.

import type { ProblemReference, SignInProblemCode, Who } from '../domain/problem.ts';
import type { Explanation } from '../domain/sign-in.ts';
import { approvalNeeded } from './aadsts-approval.ts';
import { wordsOfAadsts } from './aadsts-catalogue.ts';
import type { ProblemSubject, Words } from './words.ts';

const WORDS: Record<SignInProblemCode, (subject: ProblemSubject) => Words> = {
	sign_in_expired: () => ({
		who: 'visitor',
		title: 'The sign-in took too long',
		explanation: 'A sign-in has to be finished within 60 minutes. Nothing was stored.',
		next_step: 'Press “Sign in with Microsoft” to start again. Your entries are still filled in.',
	}),
	sign_in_interrupted: () => ({
		who: 'visitor',
		title: 'The sign-in was interrupted',
		explanation:
			'The connection broke while Microsoft’s answer was being processed. Nothing was stored.',
		next_step: 'Press “Sign in with Microsoft” to start again. Your entries are still filled in.',
	}),
	cancelled_at_microsoft: ({ mailbox }) => ({
		who: 'visitor',
		title: 'You came back without signing in',
		explanation: `The sign-in at Microsoft was cancelled, so ${mailbox} is not connected. Nothing was stored.`,
		next_step:
			'Press “Sign in with Microsoft” when you are ready. Did Microsoft say that an administrator must approve? Then send the approval link below to your Microsoft 365 administrator first.',
	}),
	approval_needed: approvalNeeded,
	refused_by_microsoft: () => ({
		who: 'microsoft_365_administrator',
		title: 'Microsoft did not complete the sign-in',
		explanation:
			'Microsoft refused this sign-in, usually because of a setting of your organisation or of the account. Nothing was stored.',
		next_step:
			'Try once more. If it happens again, send the details below to your Microsoft 365 administrator.',
	}),
	organisation_not_allowed: ({ site, mailbox, signedInAs }) => ({
		who: 'visitor',
		title: 'This account belongs to another organisation',
		explanation: `${signedInAs ?? 'The account that signed in'} does not belong to the organisation whose mailboxes ${site} may use, so ${mailbox} was not connected. Nothing was stored.`,
		next_step: `Press “Sign in with Microsoft” again and sign in as ${mailbox}. If you did, ask whoever runs ${site}.`,
	}),
	microsoft_unreachable: () => ({
		who: 'nobody',
		title: 'Microsoft did not answer',
		explanation:
			'Microsoft’s sign-in service did not answer this helper in time. Nothing was stored.',
		next_step: 'Wait a minute, then press “Sign in with Microsoft” again.',
	}),
	microsoft_answer_invalid: () => ({
		who: 'operator',
		title: 'Microsoft’s answer could not be trusted',
		explanation:
			'The answer that came back did not belong to this sign-in, so it was thrown away. Nothing was stored.',
		next_step:
			'Press “Sign in with Microsoft” to start again. If it happens again, tell the operator of this page and add the details below.',
	}),
	authorization_code_refused: () => ({
		who: 'visitor',
		title: 'Microsoft’s confirmation was no longer valid',
		explanation:
			'Microsoft did not accept the confirmation it had sent, for example because the page was open for a long time. Nothing was stored.',
		next_step: 'Press “Sign in with Microsoft” to start again. Your entries are still filled in.',
	}),
	helper_not_accepted_by_microsoft: () => ({
		who: 'operator',
		title: 'Microsoft does not accept this helper at the moment',
		explanation:
			'Microsoft refused this helper’s own registration. That is not your fault, and trying again does not help.',
		next_step: 'Tell the operator of this page and add the details below.',
	}),
	revoked: ({ site, mailbox }) => ({
		who: 'visitor',
		title: `${mailbox} is no longer connected`,
		explanation: `The stored token was destroyed, so ${site} cannot use ${mailbox} any more. A token that was handed out before works until it expires, at most about an hour.`,
		next_step:
			'To withdraw the permission at Microsoft as well, open myapps.microsoft.com, or ask your Microsoft 365 administrator. To connect the mailbox again, press “Sign in with Microsoft”.',
	}),
	mail_rights_missing: ({ mailbox }) => ({
		who: 'microsoft_365_administrator',
		title: 'Microsoft did not give the rights for mail',
		explanation: `The sign-in worked, but Microsoft gave no lasting right to read or send mail as ${mailbox}. Nothing was stored.`,
		next_step:
			'Send the approval link below to your Microsoft 365 administrator. After the approval, press “Sign in with Microsoft” again.',
	}),
};

/** The problems that are an answer of Microsoft's. In any other, a number is only a reference. */
const ANSWERED_BY_MICROSOFT: readonly SignInProblemCode[] = [
	'refused_by_microsoft',
	'approval_needed',
	'cancelled_at_microsoft',
	'authorization_code_refused',
	'helper_not_accepted_by_microsoft',
	'microsoft_unreachable',
];

export function explainProblem(
	code: SignInProblemCode,
	subject: ProblemSubject,
	reference?: ProblemReference,
): Explanation {
	const words = wordsOfAnswer(code, subject, reference) ?? WORDS[code](subject);
	return { code, ...words, ...(reference && { reference }) };
}

function wordsOfAnswer(
	code: SignInProblemCode,
	subject: ProblemSubject,
	reference: ProblemReference | undefined,
): Words | undefined {
	return ANSWERED_BY_MICROSOFT.includes(code) ? wordsOfAadsts(reference?.code, subject) : undefined;
}

const WHO: Record<Who, string> = {
	visitor: 'You can fix this yourself.',
	microsoft_365_administrator: 'Your Microsoft 365 administrator can fix this.',
	operator: 'The operator of this page can fix this.',
	nobody: 'Nobody has to do anything: it usually passes by itself.',
};

export function explainWho(who: Who): string {
	return WHO[who];
}
