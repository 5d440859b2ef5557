// Starts processes of the helper, asks them as a site would, and knows how they ended. They share nothing with each
// other or with the test but the database and the practice Microsoft.

import { fork, type ChildProcess } from 'node:child_process';
import type { RefreshDurations } from '../../src/lib/server/durations.ts';
import { askSiteApi, jsonPost, type SiteAnswer } from './vault-instance.ts';
import type { KillPoint } from './vault-kill-points.ts';
import type { Order, Report } from './vault-process.ts';
import type { VaultWorld } from './vault-world.ts';

export type VaultProcess = {
	resolve(key: string, identifier: string): Promise<SiteAnswer>;
	/** Begins anew with other durations, in the same process: to start one takes its time. */
	reopen(durations: Partial<RefreshDurations>): Promise<void>;
	killAt(point: KillPoint): void;
	/** The next answer of Microsoft's is heard of so much later. */
	holdAnswer(ms: number): void;
	signal(signal: NodeJS.Signals): void;
	/** The signal that ended it, once it has ended. */
	ended: Promise<NodeJS.Signals | null>;
};

const script = new URL('./vault-process.ts', import.meta.url).pathname;

export async function startVaultProcess(
	world: VaultWorld,
	durations: Partial<RefreshDurations>,
): Promise<VaultProcess> {
	const child = fork(script, [], {
		execArgv: ['--import', 'tsx'],
		stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
	});
	// What it prints without being asked is looked through for secrets as well.
	for (const stream of [child.stdout, child.stderr]) {
		stream?.setEncoding('utf8').on('data', (text: string) => world.logged.push(text));
	}
	const ended = new Promise<NodeJS.Signals | null>((resolve) => {
		child.once('close', (_, signal) => resolve(signal));
	});
	child.on('message', (report: Report) => {
		if (report.report === 'log') world.logged.push(report.line);
	});
	let url = '';
	const reopen = async (other: Partial<RefreshDurations>) => {
		const opened = openedAt(child);
		send(child, { order: 'open', environment: { ...world.environment }, durations: other });
		url = await opened;
	};
	await reopen(durations);
	return {
		resolve: (key, identifier) => askSiteApi(url, '/api/v1/resolve', key, jsonPost({ identifier })),
		reopen,
		killAt: (point) => send(child, { order: 'kill_at', point }),
		holdAnswer: (ms) => send(child, { order: 'hold_answer', ms }),
		signal: (signal) => void child.kill(signal),
		ended,
	};
}

function openedAt(child: ChildProcess): Promise<string> {
	return new Promise((resolve, reject) => {
		const ended = () => reject(new Error('the process ended before it was open'));
		const heard = (report: Report) => {
			if (report.report !== 'open') return;
			child.off('message', heard).off('close', ended);
			resolve(report.url);
		};
		child.on('message', heard).once('close', ended);
	});
}

function send(child: ChildProcess, order: Order): void {
	child.send(order);
}
