// Children that outlive neither their work nor us. Each gets a session of its own, so that a terminal's Ctrl-C reaches
// us alone and we end things in order; and a keeper, a shell that waits on a pipe from us and ends the child when the
// pipe ends, which is what even a kill -9 of us comes to.

import { spawn, type ChildProcess } from 'node:child_process';
import { launchAs, type Identity } from './identity.ts';

export type Program = { file: string; args: string[]; input?: string };

/** Runs a program to its end; `output` is both of its streams in one. */
export async function runToEnd(
	identity: Identity,
	program: Program,
): Promise<{ status: number | null; output: string }> {
	const { file, args, options } = launchAs(identity, program.file, program.args);
	const child = spawn(file, args, { ...options, detached: true, stdio: 'pipe' });
	const release = keep(child, 'TERM');
	let output = '';
	for (const stream of [child.stdout, child.stderr]) {
		stream.setEncoding('utf8').on('data', (text: string) => (output += text));
	}
	// EPIPE: it ended without reading all; its status and output tell why.
	child.stdin.on('error', () => undefined).end(program.input ?? '');
	try {
		const status = await new Promise<number | null>((resolve, reject) => {
			child.on('error', reject).on('close', resolve);
		});
		return { status, output };
	} finally {
		release();
	}
}

/**
 * What the keeper does when the pipe ends. An INT that does not end the child within five seconds (see `stopPatienceMs`)
 * is followed by QUIT; a TERM may take its time, because it waits for others.
 */
const keeperScript = `
read -r _
kill -s "$1" "$2"
[ "$1" = INT ] || exit
tries=0
while kill -0 "$2"; do
	[ $((tries += 1)) -le 25 ] || exec kill -s QUIT "$2"
	sleep 0.2
done`;

/** Ends `child` with `signal` if we end before it does. When it has ended, call what this returns. */
export function keep(child: ChildProcess, signal: 'INT' | 'TERM'): () => void {
	if (child.pid === undefined) return () => undefined; // it did not start; its 'error' says why
	const args = ['-c', keeperScript, 'mailkey-keeper', signal, `${child.pid}`];
	const stdio = ['pipe', 'ignore', 'ignore'] as const;
	const keeper = spawn('sh', args, { detached: true, stdio: [...stdio] });
	// No keeper, or one that is killed: then an orphan may remain, and the next start finds it.
	keeper.on('error', () => undefined);
	keeper.stdin.on('error', () => undefined);
	keeper.unref();
	return () => keeper.kill('SIGKILL');
}
