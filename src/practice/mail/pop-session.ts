// One client in one INBOX by POP3: the messages that were there at the login, by number (RFC 1939 sections 5 and 7).

import type { Folder, MailStore, StoredMessage } from './mail-store.ts';
import { splitHeader } from './mime.ts';

export type PopSession = {
	run(command: string, numbers: readonly number[]): string[];
	/** QUIT: until then DELE is a wish. */
	removeDeleted(): void;
};

const NO_MESSAGE = '-ERR The specified message is out of range.';

export function openPopSession(inbox: Folder, store: MailStore): PopSession {
	const messages = [...inbox.messages];
	const deleted = new Set<number>();
	const left = () => messages.filter(({ uid }) => !deleted.has(uid));
	const find = (number: number | undefined) => {
		const message = messages[(number ?? 0) - 1];
		return message && !deleted.has(message.uid) ? message : undefined;
	};
	const uniqueId = ({ uid }: StoredMessage) => `${inbox.uidValidity}-${uid}`;

	function listed([number]: readonly number[], valueOf: (message: StoredMessage) => unknown) {
		const line = (message: StoredMessage) =>
			`${messages.indexOf(message) + 1} ${String(valueOf(message))}`;
		if (number === undefined) return ['+OK', ...left().map(line), '.'];
		const message = find(number);
		return [message ? `+OK ${line(message)}` : NO_MESSAGE];
	}

	function retrieved(number: number | undefined, bodyLines?: number): string[] {
		const message = find(number);
		if (!message) return [NO_MESSAGE];
		const { header, body } = splitHeader(message.content);
		const shown =
			bodyLines === undefined ? body : body.split('\r\n').slice(0, bodyLines).join('\r\n');
		const text = (header + shown).replace(/\r\n$/, '').replace(/^\./gm, '..');
		return ['+OK', text, '.'];
	}

	return {
		run(command, numbers) {
			const [number] = numbers;
			switch (command) {
				case 'STAT': {
					const size = left().reduce((sum, { content }) => sum + content.length, 0);
					return [`+OK ${left().length} ${size}`];
				}
				case 'LIST':
					return listed(numbers, ({ content }) => content.length);
				case 'UIDL':
					return listed(numbers, uniqueId);
				case 'RETR':
					return retrieved(number);
				case 'TOP':
					return retrieved(number, numbers[1] ?? 0);
				case 'DELE': {
					const message = find(number);
					if (message) deleted.add(message.uid);
					return [message ? '+OK' : NO_MESSAGE];
				}
				case 'RSET':
					deleted.clear();
					return ['+OK'];
				case 'NOOP':
					return ['+OK'];
				default:
					return ['-ERR Protocol error. 14'];
			}
		},
		removeDeleted: () => store.remove(inbox, deleted),
	};
}
