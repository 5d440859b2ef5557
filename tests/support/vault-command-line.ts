// Runs the operator's command line as an operator does: the real program, in a folder that is not the project's.

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { watched } from './watched.ts';

export type CommandResult = {
	status: number;
	stdout: string;
	stderr: string;
	/** What `--json` printed. */
	json(): Record<string, unknown>;
};

const program = fileURLToPath(new URL('../../bin/mailkey.js', import.meta.url));

export function runMailkey(
	args: readonly string[],
	{ environment, folder }: { environment: Readonly<Record<string, string>>; folder: string },
	reader: 'reads all' | 'stops at once' = 'reads all',
): Promise<CommandResult> {
	const { PATH = '', HOME = '' } = process.env;
	return new Promise((resolve, reject) => {
		const child = execFile(
			process.execPath,
			[program, ...args],
			{ cwd: folder, env: { ...watched(), PATH, HOME, ...environment } },
			(error, stdout, stderr) => {
				const status = error === null ? 0 : error.code;
				if (typeof status !== 'number') reject(error ?? new Error('killed'));
				else resolve({ status, stdout, stderr, json: () => parseJson(stdout, stderr) });
			},
		);
		if (reader === 'stops at once') child.stdout?.destroy();
	});
}

function parseJson(stdout: string, stderr: string): Record<string, unknown> {
	if (stdout === '') throw new Error(`printed nothing, and on standard error: ${stderr}`);
	return JSON.parse(stdout) as Record<string, unknown>;
}
