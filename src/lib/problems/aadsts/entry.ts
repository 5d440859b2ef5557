// One explanation and the AADSTS numbers that share it. The numbers' meanings are Microsoft's
// (learn.microsoft.com, "reference-error-codes"); here they choose words. What they mean for a token and
// for everybody else is in domain/aadsts.ts, of the same numbers.

import type { Language } from '../../domain/language.ts';
import type { SignInSubject } from '../../domain/sign-in.ts';
import type { Words } from '../words.ts';

export type AadstsEntry = {
	numbers: readonly number[];
	words: (subject: SignInSubject, language: Language) => Words;
};
