// One explanation and the AADSTS numbers that share it. The numbers' meanings are Microsoft's
// (learn.microsoft.com, "reference-error-codes"); here they choose words. What they mean for a token and
// for everybody else is in domain/aadsts.ts, of the same numbers.

import type { Language } from '../../words/languages.ts';
import type { SignInSubject } from '../../domain/sign-in.ts';
import type { Words } from '../words.ts';

export type AadstsEntry = {
	numbers: readonly number[];
	words: (subject: SignInSubject, language: Language) => Words;
};

/** What a visitor does about a fault of the operator's, and what the operator then does. */
export function tellOperator(whatTheOperatorDoes: string): string {
	return `Tell ${operator(whatTheOperatorDoes)}`;
}

/** The same for what may be passing, after what is worth a try. */
export function orElseTellOperator(whatTheOperatorDoes: string): string {
	return `If it stays so, tell ${operator(whatTheOperatorDoes)}`;
}

function operator(task: string): string {
	return `the operator of this page and add the details below. For the operator: ${task}`;
}
