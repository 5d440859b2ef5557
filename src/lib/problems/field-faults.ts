// What is said about a field that cannot be used: what to do about it.
// The hint beside the field has the example.

import type { FieldFault, FieldFaults } from '../domain/field-fault.ts';
import type { StartWords } from '../words/start-words.ts';

export function explainFieldFault(fault: FieldFault, words: StartWords): string {
	return words[`fault_${fault}`]({});
}

export function explainFieldFaults(faults: FieldFaults, words: StartWords): Record<string, string> {
	return Object.fromEntries(
		Object.entries(faults).map(([field, fault]) => [field, explainFieldFault(fault, words)]),
	);
}
