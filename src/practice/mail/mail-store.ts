// What is in the practice mailboxes, in memory: a few messages from the start, then whatever is delivered and sent.
// Gone at the end of the process.

import { welcomeMessages } from './welcome-messages.ts';

export type StoredMessage = {
	uid: number;
	/** A string of octets (latin1) with CRLF line ends. */
	content: string;
	receivedAt: Date;
	flags: Set<string>;
};

export type Folder = {
	name: string;
	/** What RFC 6154 says that it is for. */
	use?: string;
	uidValidity: number;
	uidNext: number;
	/** By rising UID. */
	messages: StoredMessage[];
};

export type AddedMessage = { content: string; receivedAt: Date; flags?: readonly string[] };

export type MailStore = {
	listFolders(address: string): readonly Folder[];
	findFolder(address: string, name: string): Folder | undefined;
	/** False if there is one of that name, or there are too many. */
	createFolder(address: string, name: string): boolean;
	/** False for those that are always there. */
	removeFolder(address: string, name: string): boolean;
	add(folder: Folder, message: AddedMessage): StoredMessage;
	remove(folder: Folder, uids: ReadonlySet<number>): void;
	/** After each change of any folder, until the returned function is called. */
	watch(onChange: () => void): () => void;
};

export const INBOX = 'INBOX';
export const SENT = 'Sent Items';

type FolderFacts = Pick<Folder, 'name' | 'use'>;

const STANDARD_FOLDERS: readonly FolderFacts[] = [
	{ name: INBOX },
	{ name: 'Drafts', use: '\\Drafts' },
	{ name: SENT, use: '\\Sent' },
	{ name: 'Deleted Items', use: '\\Trash' },
];

/** In a practice mode that runs for months the messages must not fill the memory: the oldest go first. */
const MAX_BYTES = 64 * 1024 * 1024;
const MAX_MESSAGES = 5_000;
/** Any address of a known domain is a mailbox; the one that was opened longest ago goes first. */
const MAX_MAILBOXES = 500;
const MAX_FOLDERS = 100;

export function createMailStore(now: () => Date = () => new Date()): MailStore {
	const mailboxes = new Map<string, Map<string, Folder>>();
	const { put, drop } = keepWithinBounds();
	const watchers = new Set<() => void>();
	/** RFC 3501 section 2.3.1.1: UIDs of an earlier process mean nothing any more. */
	const uidValidity = Math.floor(now().getTime() / 1000);

	const changed = () => watchers.forEach((onChange) => onChange());
	function open(address: string): Map<string, Folder> {
		const key = address.toLowerCase();
		const found = mailboxes.get(key);
		if (found) return found;
		const folders = new Map(
			STANDARD_FOLDERS.map((facts) => [facts.name, makeFolder(facts, uidValidity)]),
		);
		mailboxes.set(key, folders);
		const [oldest] = mailboxes.keys();
		if (mailboxes.size > MAX_MAILBOXES && oldest !== undefined) forget(oldest);
		const inbox = folders.get(INBOX);
		for (const message of welcomeMessages(key, now())) if (inbox) put(inbox, message);
		return folders;
	}

	function forget(address: string): void {
		for (const folder of mailboxes.get(address)?.values() ?? []) drop(folder, () => true);
		mailboxes.delete(address);
	}

	return {
		listFolders: (address) => [...open(address).values()],
		findFolder: (address, name) => open(address).get(keyOf(name)),
		createFolder(address, name) {
			const folders = open(address);
			if (name === '' || folders.has(keyOf(name)) || folders.size >= MAX_FOLDERS) return false;
			folders.set(name, makeFolder({ name }, uidValidity));
			return true;
		},
		removeFolder(address, name) {
			const folders = open(address);
			const folder = folders.get(name);
			if (!folder || STANDARD_FOLDERS.some((standard) => standard.name === name)) return false;
			drop(folder, () => true);
			folders.delete(name);
			changed();
			return true;
		},
		add(folder, added) {
			const message = put(folder, added);
			changed();
			return message;
		},
		remove(folder, uids) {
			drop(folder, ({ uid }) => uids.has(uid));
			changed();
		},
		watch(onChange) {
			watchers.add(onChange);
			return () => void watchers.delete(onChange);
		},
	};
}

function makeFolder(facts: FolderFacts, uidValidity: number): Folder {
	return { ...facts, uidValidity, uidNext: 1, messages: [] };
}

function keyOf(name: string): string {
	return name.toUpperCase() === INBOX ? INBOX : name;
}

/** What folders hold, over all of them; what came first goes first. */
function keepWithinBounds() {
	const kept = new Set<{ folder: Folder; message: StoredMessage }>();
	let bytes = 0;

	function drop(folder: Folder, isGone: (message: StoredMessage) => boolean): void {
		const gone = new Set(folder.messages.filter(isGone));
		folder.messages = folder.messages.filter((message) => !gone.has(message));
		for (const entry of kept) {
			if (!gone.has(entry.message)) continue;
			kept.delete(entry);
			bytes -= entry.message.content.length;
		}
	}

	function put(folder: Folder, { content, flags = [], receivedAt }: AddedMessage): StoredMessage {
		const message = { uid: folder.uidNext, content, receivedAt, flags: new Set(flags) };
		folder.uidNext += 1;
		folder.messages.push(message);
		kept.add({ folder, message });
		bytes += content.length;
		for (const oldest of kept) {
			if (bytes <= MAX_BYTES && kept.size <= MAX_MESSAGES) break;
			drop(oldest.folder, ({ uid }) => uid === oldest.message.uid);
		}
		return message;
	}

	return { put, drop };
}
