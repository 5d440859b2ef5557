// One client in one mailbox by IMAP: its selected folder, and each command as the lines of the answer.

import {
	appendMessage,
	describeSelected,
	findFolder,
	listFolders,
	selectFolder,
	statusOf,
} from './imap-folders.ts';
import {
	copyMessages,
	expungeMessages,
	fetchMessages,
	newsOf,
	searchMessages,
	storeFlags,
	type Selected,
} from './imap-messages.ts';
import { ImapRefusal } from './imap-refusal.ts';
import { textOf, type ImapArgument } from './imap-syntax.ts';
import type { MailStore } from './mail-store.ts';

export type ImapSession = {
	run(tag: string, command: string, rest: readonly ImapArgument[]): string[];
	/** What has changed in the selected folder since the client last heard of it. */
	sync(): string[];
};

/** The untagged lines, and what comes before the words of the tagged one. */
type Reply = { lines?: string[]; code?: string };

/** Throws `ImapRefusal`. */
type Handler = (rest: readonly ImapArgument[], byUid: boolean) => Reply;

/** Their answers may not be mixed with EXPUNGE (RFC 3501 section 7.4.1). */
const KEEPS_NUMBERS = ['FETCH', 'STORE', 'SEARCH'];

export function openImapSession(address: string, store: MailStore): ImapSession {
	let selected: Selected | undefined;
	const handlers: Record<string, Handler> = {
		...folderCommands(address, store),
		...messageCommands(address, store, () => {
			if (selected) return selected;
			throw new ImapRefusal('BAD Command received in Invalid state.');
		}),
		SELECT: (rest) => open(rest[0], false),
		EXAMINE: (rest) => open(rest[0], true),
		CLOSE: () => {
			if (selected) expungeMessages(store, selected);
			selected = undefined;
			return {};
		},
		UNSELECT: () => {
			selected = undefined;
			return {};
		},
	};

	function open(name: ImapArgument | undefined, isReadOnly: boolean): Reply {
		selected = undefined;
		selected = selectFolder(findFolder(store, address, name), isReadOnly);
		return {
			lines: describeSelected(selected),
			code: isReadOnly ? '[READ-ONLY] ' : '[READ-WRITE] ',
		};
	}

	const sync = () => (selected ? newsOf(selected) : []);

	return {
		sync,
		run(tag, command, rest) {
			const byUid = command === 'UID';
			const name = byUid ? textOf(rest[0]).toUpperCase() : command;
			try {
				const handle = handlers[name];
				if (!handle) throw new ImapRefusal('BAD Command Error. 12');
				const { lines = [], code = '' } = handle(byUid ? rest.slice(1) : rest, byUid);
				const news = !byUid && KEEPS_NUMBERS.includes(name) ? [] : sync();
				return [...lines, ...news, `${tag} OK ${code}${command} completed.`];
			} catch (error) {
				if (error instanceof ImapRefusal) return [`${tag} ${error.message}`];
				throw error;
			}
		},
	};
}

function folderCommands(address: string, store: MailStore): Record<string, Handler> {
	const find = (name: ImapArgument | undefined, code?: string) =>
		findFolder(store, address, name, code);
	return {
		NAMESPACE: () => ({ lines: ['* NAMESPACE (("" "/")) NIL NIL'] }),
		LIST: (rest) => ({ lines: listFolders(store, address, 'LIST', rest) }),
		LSUB: (rest) => ({ lines: listFolders(store, address, 'LSUB', rest) }),
		STATUS: ([name, items]) => ({ lines: [statusOf(find(name), items)] }),
		CREATE([name]) {
			if (store.createFolder(address, textOf(name))) return {};
			throw new ImapRefusal('NO This folder cannot be made.');
		},
		DELETE([name]) {
			if (store.removeFolder(address, textOf(name))) return {};
			throw new ImapRefusal('NO This folder cannot be removed.');
		},
		SUBSCRIBE: () => ({}),
		UNSUBSCRIBE: () => ({}),
		APPEND: ([name, ...rest]) => ({
			code: appendMessage(store, find(name, '[TRYCREATE] '), rest),
		}),
	};
}

function messageCommands(
	address: string,
	store: MailStore,
	current: () => Selected,
): Record<string, Handler> {
	const copy = ([set, name]: readonly ImapArgument[], byUid: boolean) =>
		copyMessages(store, current(), { set, byUid, to: findFolder(store, address, name) });
	return {
		CHECK() {
			current();
			return {};
		},
		FETCH: (rest, byUid) => ({ lines: fetchMessages(current(), rest, byUid) }),
		SEARCH: (rest, byUid) => ({ lines: searchMessages(current(), rest, byUid) }),
		STORE: (rest, byUid) => ({ lines: storeFlags(current(), rest, byUid) }),
		EXPUNGE([set], byUid) {
			expungeMessages(store, current(), byUid ? set : undefined);
			return {};
		},
		COPY: (rest, byUid) => ({ code: copy(rest, byUid).code }),
		MOVE(rest, byUid) {
			const { code, uids } = copy(rest, byUid);
			store.remove(current().folder, uids);
			return { lines: code === '' ? [] : [`* OK ${code}Moved.`] };
		},
	};
}
