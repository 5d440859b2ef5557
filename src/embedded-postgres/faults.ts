// What goes wrong with the folder of the embedded PostgreSQL, in one plain sentence each: a full disk, a folder that may
// not be used, a file where a folder should be. The system's own error stays the cause.

import { userInfo } from 'node:os';
import { OperatorError } from '../lib/domain/operator-error.ts';

export function errorCode(error: unknown): string | undefined {
	if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
	return typeof error.code === 'string' ? error.code : undefined;
}

/** For `catch`: undefined where a file is missing, or what should be its folder is a file; all else is thrown on. */
export function ifMissing(error: unknown): undefined {
	if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return undefined;
	throw error;
}

/** Turns what the file system refused in `folder` into a sentence; anything else is passed on as it is. */
export function folderFault(folder: string, cause: unknown): unknown {
	if (cause instanceof OperatorError) return cause;
	const sentence = sentenceFor(folder, errorCode(cause));
	return sentence === undefined ? cause : new OperatorError(sentence, { cause });
}

/** The same for a program of PostgreSQL that failed, which says it in words (English, as it runs with LC_ALL=C). */
export function programFault(folder: string, sentence: string, output: string): OperatorError {
	const code = codesInWords.find(([words]) => output.includes(words))?.[1];
	return new OperatorError(sentenceFor(folder, code) ?? sentence, {
		cause: new Error(output.trim()),
	});
}

const codesInWords = [
	['No space left on device', 'ENOSPC'],
	['Disk quota exceeded', 'EDQUOT'],
	['Read-only file system', 'EROFS'],
	['Permission denied', 'EACCES'],
] as const;

function sentenceFor(folder: string, code: string | undefined): string | undefined {
	switch (code) {
		case 'EEXIST':
		case 'ENOTDIR':
			return `The data folder ${folder} cannot be made, because a file is in its place: move the file, or set DATA_DIR to another folder.`;
		case 'EACCES':
		case 'EPERM':
		case 'EROFS':
			return `The data folder ${folder} cannot be read and written by ${ourName()}: change its owner or mode, or set DATA_DIR to another folder.`;
		case 'ENOSPC':
		case 'EDQUOT':
			return `The disk of the data folder ${folder} is full: free some space, or set DATA_DIR to a folder on another disk.`;
		case 'ENAMETOOLONG':
			return `The name of the data folder ${folder} is too long for this system: set DATA_DIR to another folder.`;
		default:
			return undefined;
	}
}

function ourName(): string {
	try {
		return `the user ${userInfo().username}`;
	} catch {
		return `the user number ${process.getuid?.()}`; // a number that this system has no name for
	}
}
