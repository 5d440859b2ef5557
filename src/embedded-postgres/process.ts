// Tells one process from a later one with the same number: a process is its number and the instant it was started.
// Numbers are given out again, soonest of all in a container or after a reboot.

import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { errorCode } from './faults.ts';

/** When process `pid` was started, in words to be compared for equality only; undefined if it is not running. */
export async function processStart(pid: number): Promise<string | undefined> {
	return process.platform === 'linux' ? startFromProc(pid) : startFromPs(pid);
}

/** The command line of process `pid` with a space between the arguments; empty if it is not running. */
export async function processCommand(pid: number): Promise<string> {
	if (process.platform !== 'linux') return askPs(pid, ['command=']);
	return (await readProc(`/proc/${pid}/cmdline`)).replaceAll('\0', ' ');
}

/** Field 22 of /proc/<pid>/stat, in ticks since the boot (proc(5)), and which boot that was. */
async function startFromProc(pid: number): Promise<string | undefined> {
	const stat = await readProc(`/proc/${pid}/stat`);
	// Field 2, the name, is in parentheses and may hold spaces and parentheses; what follows it does not.
	const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
	const [state, ticks] = [fields[0], fields[19]];
	// A zombie keeps its number until its parent looks, in a container perhaps forever; it does nothing any more.
	if (ticks === undefined || state === 'Z' || state === 'X') return undefined;
	return `${(await readProc('/proc/sys/kernel/random/boot_id')).trim()} ${ticks}`;
}

async function startFromPs(pid: number): Promise<string | undefined> {
	const [state, ...start] = (await askPs(pid, ['state=', 'lstart='])).split(/\s+/);
	return !state || state.startsWith('Z') ? undefined : start.join(' ');
}

async function askPs(pid: number, columns: string[]): Promise<string> {
	const env = { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' };
	const wanted = columns.flatMap((column) => ['-o', column]);
	try {
		const ps = await promisify(execFile)('ps', ['-ww', ...wanted, '-p', `${pid}`], { env });
		return ps.stdout.trim();
	} catch {
		return ''; // ps ends with status 1 where there is no such process
	}
}

async function readProc(path: string): Promise<string> {
	try {
		return await readFile(path, 'utf8');
	} catch (error) {
		// ESRCH: the process ended between opening and reading.
		if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ESRCH') return '';
		throw error;
	}
}
