// The selected folder of an IMAP client: what it knows of it, and the commands on its messages. By sequence number, or by
// UID where the command says so.

import { fetchItem, marksSeen, parseItems } from './imap-fetch.ts';
import { ImapRefusal, malformed } from './imap-refusal.ts';
import { parseSearch } from './imap-search.ts';
import { parseSequence, textOf, type ImapArgument } from './imap-syntax.ts';
import type { Folder, MailStore, StoredMessage } from './mail-store.ts';

/** `view` is what the client knows: sequence numbers are places in it. */
export type Selected = { folder: Folder; isReadOnly: boolean; view: StoredMessage[] };

type Arguments = readonly ImapArgument[];

/** What has changed since the client last heard of the folder. */
export function newsOf({ folder, view }: Selected): string[] {
	const lines: string[] = [];
	const there = new Set(folder.messages);
	for (let at = view.length - 1; at >= 0; at -= 1) {
		const message = view[at];
		if (message && there.has(message)) continue;
		view.splice(at, 1);
		lines.push(`* ${at + 1} EXPUNGE`);
	}
	const known = view.at(-1)?.uid ?? 0;
	const added = folder.messages.filter(({ uid }) => uid > known);
	view.push(...added);
	if (added.length > 0) lines.push(`* ${view.length} EXISTS`);
	return lines;
}

export function fetchMessages(
	{ view, isReadOnly }: Selected,
	[set, what]: Arguments,
	byUid: boolean,
): string[] {
	const items = parseItems(what);
	if (!items) throw malformed();
	if (byUid && !items.some((item) => /^UID$/i.test(item))) items.unshift('UID');
	const sees = !isReadOnly && items.some(marksSeen);
	return chosen(view, set, byUid).flatMap((at) => {
		const message = view[at];
		if (!message) return [];
		if (sees) message.flags.add('\\Seen');
		return `* ${at + 1} FETCH (${items.map((item) => fetchItem(message, item)).join(' ')})`;
	});
}

export function searchMessages({ view }: Selected, keys: Arguments, byUid: boolean): string[] {
	const all = view.map((message, at) => ({ number: at + 1, message }));
	const test = parseSearch(keys, all);
	if (!test) throw malformed();
	const found = all.filter(test).map(({ number, message }) => (byUid ? message.uid : number));
	return [['* SEARCH', ...found].join(' ')];
}

export function storeFlags(
	{ view, isReadOnly }: Selected,
	[set, how, what]: Arguments,
	byUid: boolean,
): string[] {
	if (isReadOnly) throw new ImapRefusal('NO The folder is open for reading only.');
	const [, sign, silent] = /^([+-]?)FLAGS(\.SILENT)?$/i.exec(textOf(how)) ?? [];
	if (sign === undefined) throw malformed();
	const flags = (Array.isArray(what) ? what : [what]).map(textOf);
	return chosen(view, set, byUid).flatMap((at) => {
		const message = view[at];
		if (!message) return [];
		if (sign === '') message.flags.clear();
		for (const flag of flags) {
			if (sign === '-') message.flags.delete(flag);
			else message.flags.add(flag);
		}
		if (silent !== undefined) return [];
		const items = byUid ? ['UID', 'FLAGS'] : ['FLAGS'];
		return `* ${at + 1} FETCH (${items.map((item) => fetchItem(message, item)).join(' ')})`;
	});
}

/** Those that are marked as deleted; by UID, those among them. */
export function expungeMessages(
	store: MailStore,
	{ folder, isReadOnly, view }: Selected,
	set?: ImapArgument,
): void {
	if (isReadOnly) return;
	const among = set === undefined ? view : chosen(view, set, true).map((at) => view[at]);
	const gone = among.flatMap((message) => (message?.flags.has('\\Deleted') ? [message.uid] : []));
	store.remove(folder, new Set(gone));
}

/** UIDPLUS's response code (RFC 4315 section 3). */
export function copyMessages(
	store: MailStore,
	{ view }: Selected,
	{ set, byUid, to }: { set: ImapArgument | undefined; byUid: boolean; to: Folder },
): { code: string; uids: ReadonlySet<number> } {
	const sources = chosen(view, set, byUid).flatMap((at) => view[at] ?? []);
	const copies = sources.map(({ content, flags, receivedAt }) =>
		store.add(to, { content, flags: [...flags], receivedAt }),
	);
	const uids = new Set(sources.map(({ uid }) => uid));
	if (copies.length === 0) return { code: '', uids };
	const list = (messages: readonly StoredMessage[]) => messages.map(({ uid }) => uid).join(',');
	return { code: `[COPYUID ${to.uidValidity} ${list(sources)} ${list(copies)}] `, uids };
}

/** Places in the view, by sequence number or UID. */
function chosen(
	view: readonly StoredMessage[],
	argument: ImapArgument | undefined,
	byUid: boolean,
): number[] {
	const numbers = view.map(({ uid }, at) => (byUid ? uid : at + 1));
	const wanted = parseSequence(textOf(argument), numbers);
	if (!wanted) throw malformed();
	return [...view.keys()].filter((at) => wanted.has(numbers[at] ?? 0));
}
