// What the system says of a process: Linux only.

import { readdir, readFile } from 'node:fs/promises';

export type ProcessFigures = { descriptors: number; megabytes: number };

export async function figuresOf(pid: number): Promise<ProcessFigures> {
	const [descriptors, status] = await Promise.all([
		readdir(`/proc/${pid}/fd`),
		readFile(`/proc/${pid}/status`, 'utf8'),
	]);
	const kilobytes = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]);
	return { descriptors: descriptors.length, megabytes: kilobytes / 1024 };
}
