// What a mail server's answer comes to, told at once: the problem and its words in one.

import type { MailExplanation, MailLoginFailure } from '../../src/lib/domain/mail-login.ts';
import type { MailProtocol } from '../../src/lib/domain/mail-protocol.ts';
import {
	explainMailProblem,
	problemOfAnswer,
	type MailLoginContext,
} from '../../src/lib/problems/mail-answers/explain-mail-answer.ts';
import type { Language } from '../../src/lib/domain/language.ts';

export function explainMailAnswer(
	protocol: MailProtocol,
	failure: MailLoginFailure,
	context: MailLoginContext,
	language: Language = 'en',
): MailExplanation {
	const problem = problemOfAnswer(protocol, failure, context);
	return explainMailProblem(problem, protocol, context, language);
}
