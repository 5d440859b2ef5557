// How a command ends: its exit status, and what it says where something went wrong.

import { CommanderError } from 'commander';
import { OperatorError } from '../lib/domain/operator-error.ts';
import { describeError } from '../lib/server/describe-error.ts';
import { explainDatabaseError } from './explain-database-error.ts';

/** The exit status; undefined means that the process goes on by itself. */
export async function exitStatusOf(command: () => Promise<unknown>): Promise<number | undefined> {
	for (const stream of [process.stdout, process.stderr]) stream.on('error', ignoreBrokenPipe);
	try {
		await command();
		return process.exitCode === undefined ? 0 : Number(process.exitCode);
	} catch (error) {
		return statusAfter(error);
	}
}

/** Whoever read it has seen enough, as `head` has: the command ends as usual, and what it began is put away. */
function ignoreBrokenPipe(error: NodeJS.ErrnoException): void {
	if (error.code !== 'EPIPE') throw error;
}

function statusAfter(error: unknown): number {
	if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
	if (error instanceof OperatorError) {
		for (const sentence of error.sentences) process.stderr.write(`${sentence}\n`);
		return 1;
	}
	// Without a sentence it is a fault of this program: its name and place, never what it was working on.
	const sentence =
		explainDatabaseError(error) ?? `mailkey failed: ${JSON.stringify(describeError(error))}`;
	process.stderr.write(`${sentence}\n`);
	return 1;
}
