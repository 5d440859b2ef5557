// A sign-in in words, for the page: the problem that ended it, and what its mailbox check came to.

import type { SignInResult, SignInStatus } from '../domain/sign-in.ts';
import type { Language } from '../domain/language.ts';
import { explainProblem } from './explain.ts';
import { explainCheck, explainChecks } from './mail-answers/explain-mail-answer.ts';

export function explainSignIn(signIn: SignInResult, language: Language): SignInStatus {
	if (signIn.status === 'none') return signIn;
	const { subject, ...status } = signIn;
	const login = { mailbox: subject.mailbox, signedInAs: subject.signedInAs ?? '' };
	switch (status.status) {
		case 'failed': {
			const { code, reference } = status.problem;
			return { ...status, problem: explainProblem(code, subject, reference, language) };
		}
		case 'confirm': {
			const { checks, ...rest } = status;
			return { ...rest, ...(checks && { checks: explainChecks(checks, login, language) }) };
		}
		case 'returning':
			return { ...status, checks: explainChecks(status.checks, login, language) };
		case 'ready': {
			const { checks, test_message: message, ...rest } = status;
			return {
				...rest,
				checks: explainChecks(checks, login, language),
				...(message && { test_message: explainCheck(message, 'smtp', login, language) }),
			};
		}
		default:
			return status;
	}
}
