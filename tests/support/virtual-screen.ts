// A screen that nobody sees, for programs that cannot do without one.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';

export type VirtualScreen = {
	/** For the environment of a program. */
	DISPLAY: string;
	stop(): Promise<void>;
};

export async function startVirtualScreen(): Promise<VirtualScreen> {
	// It finds a free number by itself and says which; it listens on no network.
	const server = spawn(
		'/usr/bin/Xvfb',
		['-displayfd', '3', '-nolisten', 'tcp', '-screen', '0', SIZE],
		{
			stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
		},
	);
	const said = await Promise.race([
		once(server.stdio[3] as Readable, 'data'),
		once(server, 'exit').then(() => {
			throw new Error('Xvfb did not start.');
		}),
	]);
	return {
		DISPLAY: `:${String(said[0]).trim()}`,
		async stop() {
			server.kill();
			await once(server, 'exit');
		},
	};
}

const SIZE = '1280x1024x24';
