// SEARCH (RFC 3501 section 6.4.4): keys into a test of one message.

import { parseSequence, type ImapArgument } from './imap-syntax.ts';
import type { StoredMessage } from './mail-store.ts';
import { fieldOf, splitHeader } from './mime.ts';

export type Numbered = { number: number; message: StoredMessage };

type Test = (one: Numbered) => boolean;

const FLAGS: Record<string, string> = {
	SEEN: '\\Seen',
	DELETED: '\\Deleted',
	FLAGGED: '\\Flagged',
	ANSWERED: '\\Answered',
	DRAFT: '\\Draft',
};

/** Undefined if a key is not known. */
export function parseSearch(
	input: readonly ImapArgument[],
	all: readonly Numbered[],
): Test | undefined {
	const rest = [...input];
	if (isWord(rest[0], 'CHARSET')) rest.splice(0, 2);
	const tests: Test[] = [];
	while (rest.length > 0) {
		const test = takeKey(rest, all);
		if (test === undefined) return undefined;
		tests.push(test);
	}
	return (one) => tests.every((test) => test(one));
}

function takeKey(rest: ImapArgument[], all: readonly Numbered[]): Test | undefined {
	const key = rest.shift();
	if (Array.isArray(key)) return parseSearch(key, all);
	if (key === undefined) return undefined;
	const word = key.toUpperCase();
	const flag = FLAGS[word.replace(/^UN/, '')];
	if (flag !== undefined) return ({ message }) => message.flags.has(flag) !== word.startsWith('UN');
	switch (word) {
		case 'ALL':
		case 'OLD':
			return () => true;
		case 'NEW':
		case 'RECENT':
			return () => false;
		case 'NOT': {
			const inner = takeKey(rest, all);
			return inner && ((one) => !inner(one));
		}
		case 'OR': {
			const [left, right] = [takeKey(rest, all), takeKey(rest, all)];
			return left && right && ((one) => left(one) || right(one));
		}
		case 'UID': {
			const uids = parseSequence(
				takeText(rest),
				all.map(({ message }) => message.uid),
			);
			return uids && (({ message }) => uids.has(message.uid));
		}
		default:
			return takeComparison(word, rest) ?? numbersIn(key, all);
	}
}

function numbersIn(text: string, all: readonly Numbered[]): Test | undefined {
	const numbers = parseSequence(
		text,
		all.map(({ number }) => number),
	);
	return numbers && (({ number }) => numbers.has(number));
}

function takeComparison(word: string, rest: ImapArgument[]): Test | undefined {
	switch (word) {
		case 'SUBJECT':
		case 'FROM':
		case 'TO':
		case 'CC':
		case 'BCC':
			return inField(word, takeText(rest));
		case 'HEADER':
			return inField(takeText(rest), takeText(rest));
		case 'BODY':
			return contains(takeText(rest), ({ content }) => splitHeader(content).body);
		case 'TEXT':
			return contains(takeText(rest), ({ content }) => content);
		case 'LARGER':
			return larger(Number(takeText(rest)));
		case 'SMALLER':
			return smaller(Number(takeText(rest)));
		case 'KEYWORD':
			return withFlag(takeText(rest), true);
		case 'UNKEYWORD':
			return withFlag(takeText(rest), false);
		default:
			return takeDate(word, rest);
	}
}

function takeDate(word: string, rest: ImapArgument[]): Test | undefined {
	const [, sent, kind] = /^(SENT)?(SINCE|BEFORE|ON)$/.exec(word) ?? [];
	if (kind === undefined) return undefined;
	const day = dayOf(takeText(rest));
	return ({ message }) => {
		const date = sent ? fieldOf(splitHeader(message.content).header, 'date') : undefined;
		const at = dayOf(date ?? message.receivedAt.toUTCString());
		if (kind === 'ON') return at === day;
		return kind === 'SINCE' ? at >= day : at < day;
	};
}

/** Without time and zone, as the RFC compares. NaN for what is no date, which is never equal. */
function dayOf(text: string): number {
	const [, date = text] = /(\d{1,2}[ -][A-Za-z]{3}[ -]\d{4})/.exec(text) ?? [];
	return Date.parse(`${date.replaceAll('-', ' ')} UTC`);
}

const inField = (name: string, wanted: string) =>
	contains(wanted, ({ content }) => fieldOf(splitHeader(content).header, name));

function contains(wanted: string, textOf: (message: StoredMessage) => string | undefined): Test {
	const needle = wanted.toLowerCase();
	return ({ message }) => textOf(message)?.toLowerCase().includes(needle) ?? false;
}

const larger =
	(size: number): Test =>
	({ message }) =>
		message.content.length > size;

const smaller =
	(size: number): Test =>
	({ message }) =>
		message.content.length < size;

const withFlag =
	(flag: string, isWanted: boolean): Test =>
	({ message }) =>
		message.flags.has(flag) === isWanted;

function takeText(rest: ImapArgument[]): string {
	const next = rest.shift();
	return typeof next === 'string' ? next : '';
}

function isWord(argument: ImapArgument | undefined, word: string): boolean {
	return typeof argument === 'string' && argument.toUpperCase() === word;
}
