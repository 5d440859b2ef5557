// All AADSTS numbers that have words of their own, and the way from a number to its words.

import { numberOfReference } from '../../domain/aadsts.ts';
import { ACCOUNTS } from './accounts.ts';
import { APPROVAL } from './approval.ts';
import type { AadstsEntry } from './entry.ts';
import { POLICIES } from './policies.ts';
import { REGISTRATION } from './registration.ts';
import { SIGN_INS } from './sign-ins.ts';

const THEMES: readonly (readonly AadstsEntry[])[] = [
	APPROVAL,
	ACCOUNTS,
	SIGN_INS,
	POLICIES,
	REGISTRATION,
];

/** The words for a reference such as `AADSTS65004`; undefined for a number that nobody here knows. */
export function findAadsts(referenceCode: string | undefined): AadstsEntry['words'] | undefined {
	const number = numberOfReference(referenceCode);
	if (number === undefined) return undefined;
	return aadstsEntries().find(({ numbers }) => numbers.includes(number))?.words;
}

export function aadstsEntries(): readonly AadstsEntry[] {
	return THEMES.flat();
}
