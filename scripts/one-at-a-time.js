// Two commands started at once in a fresh clone must not install or build into each other's files.
// The lock is a folder, because making one either succeeds or finds it there, on every file system.
// Its holder touches it each second: a lock left by a killed process, or by a container that
// is gone, is told by its silence, which neither a reused process id nor a second host can fake.

import { mkdirSync, rmdirSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PlainFault } from './plain-fault.js';
import { projectFolder } from './run-tool.js';

// .svelte-kit is the one folder that exists for generated things, is ignored by git, and is emptied
// neither by npm (as node_modules is) nor by a build.
const lockFolder = join(projectFolder, '.svelte-kit');

const touchEveryMs = 1_000;
const abandonedAfterMs = 10_000;
const lookAgainAfterMs = 250;

/**
 * Does the work unless it is done, also by somebody else while we waited.
 *
 * @param {string} name of the lock, and in what people are told: "Another process is …"
 * @param {() => boolean} isDone
 * @param {() => Promise<void>} work
 */
export async function doOnce(name, isDone, work) {
	if (isDone()) return;
	const lock = join(lockFolder, `${name.replaceAll(' ', '-')}.lock`);
	await take(lock, name);
	const touching = setInterval(touch, touchEveryMs, lock);
	try {
		if (!isDone()) await work();
	} finally {
		clearInterval(touching);
		release(lock);
	}
}

/** @param {string} lock @param {string} name */
async function take(lock, name) {
	let seen = { touchedAt: 0, since: performance.now(), told: false };
	while (!tryToMake(lock)) {
		const touchedAt = statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? 0;
		if (touchedAt !== seen.touchedAt) {
			seen = { ...seen, touchedAt, since: performance.now() };
		} else if (performance.now() - seen.since > abandonedAfterMs) {
			release(lock);
		}
		if (!seen.told) console.error(`Another process is ${name}; waiting for it …`);
		seen.told = true;
		await sleep(lookAgainAfterMs);
	}
}

/** @param {string} lock */
function tryToMake(lock) {
	try {
		mkdirSync(lockFolder, { recursive: true });
		mkdirSync(lock);
		return true;
	} catch (cause) {
		if (isErrno(cause, 'EEXIST')) return false;
		throw new PlainFault(
			`There is something to install or to build, and this user cannot write to ${lockFolder}.`,
			{ cause },
		);
	}
}

/** @param {string} lock */
function touch(lock) {
	try {
		utimesSync(lock, new Date(), new Date());
	} catch (error) {
		// Somebody took the folder away by hand: the work goes on, only unguarded.
		if (!isErrno(error, 'ENOENT')) throw error;
	}
}

/** @param {string} lock */
function release(lock) {
	try {
		rmdirSync(lock);
	} catch (error) {
		// Another waiter took the same abandoned lock away first.
		if (!isErrno(error, 'ENOENT')) throw error;
	}
}

/** @param {unknown} error @param {string} code */
function isErrno(error, code) {
	return error instanceof Error && 'code' in error && error.code === code;
}
