// A yes or no, as typed or as a spreadsheet writes it.

/** What it is of goes before the fault. What is neither is a no, with a sentence in `faults`. */
export function parseYesOrNo(option: string, text: string, faults: string[]): boolean {
	if (/^(yes|true|1)$/i.test(text)) return true;
	if (!/^(no|false|0)$/i.test(text)) faults.push(`${option} ${text} must be yes or no.`);
	return false;
}
