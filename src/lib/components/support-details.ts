// What support asks for about a problem, by name and value.

import type { ProblemReference } from '../domain/problem.ts';
import type { PageWords } from '../words/page-words.ts';

export type Detail = [name: string, value: string];

type Known = {
	reference: ProblemReference | undefined;
	account?: string;
	/** The client id of this page's registration at Microsoft. */
	application?: string;
};

export function supportDetails({ reference, account, application }: Known, words: PageWords) {
	const all: [name: string, value: string | undefined][] = [
		[words.details_code({}), reference?.code],
		[words.details_correlation_id({}), reference?.correlation_id],
		[words.details_time({}), reference?.time],
		[words.details_account({}), account],
		[words.details_application({}), application],
	];
	return all.flatMap(([name, value]): Detail[] => (value ? [[name, value]] : []));
}

/** To be pasted into an email. */
export function detailsText(details: readonly Detail[], nextStep?: string): string {
	const lines = details.map(([name, value]) => `${name}: ${value}`);
	return [...lines, ...(nextStep ? [nextStep] : [])].join('\n');
}
