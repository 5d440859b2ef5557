// The least that resolving can do: a Node HTTP server in a process of its own that reads the body, runs the
// one-row statement of a resolve, and answers with what it found, at the length of a real answer. No
// decryption, no log, no headers.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export type BareResolve = { url: string; stop(): Promise<void> };

const SERVER = fileURLToPath(new URL('./bare-resolve-server.ts', import.meta.url));

export async function startBareResolve(databaseUrl: string): Promise<BareResolve> {
	const child = spawn(process.execPath, ['--import', 'tsx', SERVER, databaseUrl], {
		stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
	});
	const [port] = (await once(child, 'message')) as [number];
	return {
		url: `http://127.0.0.1:${port}/`,
		async stop() {
			child.kill();
			await once(child, 'exit');
		},
	};
}
