// A process that races others for start locks: it says "ready", is told on its standard input when to begin, then takes
// the lock of one folder after the other at agreed instants and says whether it got it. What it holds stays held until
// that input ends. Use: node --import tsx start-lock-racer.ts <folder>…

import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { takeStartLock } from '../../src/embedded-postgres/start-lock.ts';

/** Longer than one round takes, so that all are in the same one. */
const roundMs = 30;

process.stdout.write('ready\n');
for await (const line of createInterface({ input: process.stdin })) {
	for (const [round, folder] of process.argv.slice(2).entries()) {
		await sleep(Number(line) + round * roundMs - Date.now());
		const lock = await takeStartLock(folder, 'command');
		process.stdout.write(lock.kind === 'taken' ? 'taken\n' : `held by ${lock.holder.pid}\n`);
	}
}
