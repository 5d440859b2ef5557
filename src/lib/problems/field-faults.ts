// What is said about a field that cannot be used: what to do about it.
// The hint beside the field has the example.

import type { FieldFault, FieldFaults } from '../domain/field-fault.ts';
import type { PageWords } from '../words/page-words.ts';

/** Whoever sees but some of the faults needs the words of those alone. */
export function explainFieldFault<Fault extends FieldFault>(
	fault: Fault,
	words: Pick<PageWords, `fault_${Fault}`>,
): string {
	return words[`fault_${fault}` as const]({});
}

export function explainFieldFaults(faults: FieldFaults, words: PageWords): Record<string, string> {
	return Object.fromEntries(
		Object.entries(faults).map(([field, fault]) => [field, explainFieldFault(fault, words)]),
	);
}
