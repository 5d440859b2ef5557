// Before a command that ends something: what it ends is said, and a person at a terminal is asked.

import { once } from 'node:events';
import { createInterface } from 'node:readline';

export type ConfirmOption = { yes?: true };

/** Standard error, so that what a program reads on standard output is the result alone. */
const TERMINAL = { input: process.stdin, output: process.stderr };

type Terminal = {
	input: NodeJS.ReadableStream & { isTTY?: boolean | undefined };
	output: NodeJS.WritableStream & { isTTY?: boolean | undefined };
};

/** `no_terminal`: nobody can be asked. */
export async function confirm(
	warning: string,
	question: string,
	{ yes }: ConfirmOption,
	{ input, output }: Terminal = TERMINAL,
): Promise<'yes' | 'no' | 'no_terminal'> {
	output.write(`${warning}\n`);
	if (yes) return 'yes';
	if (!input.isTTY || !output.isTTY) return 'no_terminal';
	const lines = createInterface({ input });
	output.write(`${question} [y/N] `);
	// The end of the input is no answer, and must not leave the command waiting.
	const answer = await Promise.race([once(lines, 'line'), once(lines, 'close')]);
	lines.close();
	return /^y(es)?$/i.test(String(answer[0] ?? '').trim()) ? 'yes' : 'no';
}
