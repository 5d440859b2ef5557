// Before something is ended, a person at a terminal is asked; a program is not.

import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { confirm } from '../../src/cli/confirm.ts';

function terminal(typed: string, { isTTY = true } = {}) {
	const input = Object.assign(new PassThrough(), { isTTY });
	const output = Object.assign(new PassThrough(), { isTTY });
	input.write(typed);
	return { input, output, written: () => String(output.read() ?? '') };
}

const ask = (at: ReturnType<typeof terminal>, yes?: true) =>
	confirm('It ends 3 mailboxes.', 'End it?', { ...(yes && { yes }) }, at);

test.each([
	['y\n', 'yes'],
	['Yes\n', 'yes'],
	['\n', 'no'],
	['n\n', 'no'],
	['yesterday\n', 'no'],
])('who types %j says %s, after what it ends was told', async (typed, answer) => {
	const at = terminal(typed);
	expect(await ask(at)).toBe(answer);
	expect(at.written()).toMatch(/^It ends 3 mailboxes\.\nEnd it\? \[y\/N\] /);
});

test('whoever ends the input in place of an answer has not said yes', async () => {
	const at = terminal('');
	at.input.end();
	expect(await ask(at)).toBe('no');
});

test('with --yes nobody is asked, and what it ends is told all the same', async () => {
	const at = terminal('');
	expect(await ask(at, true)).toBe('yes');
	expect(at.written()).toBe('It ends 3 mailboxes.\n');
});

test('where there is no terminal nobody is asked', async () => {
	expect(await ask(terminal('y\n', { isTTY: false }))).toBe('no_terminal');
});
