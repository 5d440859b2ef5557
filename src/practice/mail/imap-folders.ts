// The folders of a mailbox by IMAP: listed, looked at, opened, and added to.

import { ImapRefusal } from './imap-refusal.ts';
import { astring, textOf, wordsOf, type ImapArgument } from './imap-syntax.ts';
import type { Selected } from './imap-messages.ts';
import type { Folder, MailStore } from './mail-store.ts';
import { withCrlf } from './mime.ts';

const FLAGS = '\\Seen \\Answered \\Flagged \\Deleted \\Draft';

type Arguments = readonly ImapArgument[];

/** Throws `ImapRefusal`. */
export function findFolder(
	store: MailStore,
	address: string,
	name: ImapArgument | undefined,
	code = '',
): Folder {
	const folder = store.findFolder(address, textOf(name));
	if (!folder) throw new ImapRefusal(`NO ${code}${textOf(name)} doesn't exist.`);
	return folder;
}

export function selectFolder(folder: Folder, isReadOnly: boolean): Selected {
	return { folder, isReadOnly, view: [...folder.messages] };
}

export function describeSelected({ folder, isReadOnly }: Selected): string[] {
	const unseen = folder.messages.findIndex(({ flags }) => !flags.has('\\Seen')) + 1;
	return [
		`* ${folder.messages.length} EXISTS`,
		'* 0 RECENT',
		`* FLAGS (${FLAGS})`,
		`* OK [PERMANENTFLAGS (${isReadOnly ? '' : `${FLAGS} \\*`})] Permanent flags`,
		...(unseen > 0 ? [`* OK [UNSEEN ${unseen}] Is the first unseen message`] : []),
		`* OK [UIDVALIDITY ${folder.uidValidity}] UIDVALIDITY value`,
		`* OK [UIDNEXT ${folder.uidNext}] The next unique identifier value`,
	];
}

export function listFolders(
	store: MailStore,
	address: string,
	command: string,
	[reference, pattern]: Arguments,
): string[] {
	const wanted = textOf(reference) + textOf(pattern);
	if (wanted === '') return [`* ${command} (\\Noselect) "/" ""`];
	return store
		.listFolders(address)
		.filter(({ name }) => matches(name, wanted))
		.map(({ name, use = '' }) => {
			const attributes = ['\\HasNoChildren', use].filter(Boolean).join(' ');
			return `* ${command} (${attributes}) "/" ${astring(name)}`;
		});
}

export function statusOf(
	{ name, messages, uidNext, uidValidity }: Folder,
	items?: ImapArgument,
): string {
	const values: Record<string, number> = {
		MESSAGES: messages.length,
		RECENT: 0,
		UIDNEXT: uidNext,
		UIDVALIDITY: uidValidity,
		UNSEEN: messages.filter(({ flags }) => !flags.has('\\Seen')).length,
	};
	const asked = wordsOf(items).map((word) => `${word} ${values[word] ?? 0}`);
	return `* STATUS ${astring(name)} (${asked.join(' ')})`;
}

/** UIDPLUS's response code (RFC 4315 section 3). */
export function appendMessage(store: MailStore, folder: Folder, rest: Arguments): string {
	const flags = Array.isArray(rest[0]) ? rest[0].map(textOf) : [];
	const date = rest.length > 1 ? textOf(rest.at(-2)) : '';
	const at = Date.parse(date.replaceAll('-', ' '));
	const { uid } = store.add(folder, {
		content: withCrlf(textOf(rest.at(-1))),
		flags,
		receivedAt: Number.isNaN(at) ? new Date() : new Date(at),
	});
	return `[APPENDUID ${folder.uidValidity} ${uid}] `;
}

/** `*` and `%` of LIST. There is one level of folders, so both are everything. */
function matches(name: string, pattern: string): boolean {
	const pieces = pattern.split(/[*%]/).map((piece) => piece.replace(/[\\^$.+?()[\]{}|]/g, '\\$&'));
	return new RegExp(`^${pieces.join('.*')}$`, 'i').test(name);
}
