// Why a stored token is not well, in words for whoever runs the site.

import type { ProblemReference, TokenProblemCode, Who } from '../domain/problem.ts';

export type TokenExplanation = {
	code: TokenProblemCode;
	who: Who;
	title: string;
	explanation: string;
	next_step: string;
	reference?: ProblemReference;
};

const WORDS: Record<TokenProblemCode, Omit<TokenExplanation, 'code' | 'reference'>> = {
	microsoft_unreachable: {
		who: 'nobody',
		title: 'Microsoft did not answer',
		explanation: 'The last try to refresh the token failed at Microsoft or on the way there.',
		next_step: 'Nothing to do: it is tried again by itself.',
	},
	microsoft_throttles: {
		who: 'nobody',
		title: 'Microsoft asked to wait',
		explanation: 'Microsoft answers no refreshes of this token for a while.',
		next_step: 'Nothing to do: it is tried again by itself.',
	},
	refused_once: {
		who: 'nobody',
		title: 'Microsoft refused the token once',
		explanation: 'That can be a passing fault, so it is tried once more in a few minutes.',
		next_step: 'Nothing to do yet. If Microsoft refuses again, somebody has to sign in again.',
	},
	sign_in_required: {
		who: 'visitor',
		title: 'Somebody has to sign in again',
		explanation:
			'Microsoft no longer accepts the token, for example after an administrator ended all sessions of the account.',
		next_step:
			'Open the sign-in page for this mailbox and sign in again. The identifier stays the same, so no mail setting has to change.',
	},
	request_not_accepted: {
		who: 'operator',
		title: 'Microsoft did not accept the request',
		explanation: 'Microsoft found a fault in what this helper asked for. The token is kept.',
		next_step: 'Tell the operator of the helper and add the details.',
	},
};

export function explainTokenProblem(
	code: TokenProblemCode,
	reference?: ProblemReference,
): TokenExplanation {
	return { code, ...WORDS[code], ...(reference && { reference }) };
}
