// IMAP: XOAUTH2, and then the folders of the mailbox (imap-session.ts). The words are Exchange's.

import {
	checkLogin,
	mayUse,
	readXoauth2,
	type MailAccess,
	type MailLoginContext,
} from './access.ts';
import { MAX_MESSAGE_BYTES, type MailConnection } from './connection.ts';
import { openImapSession, type ImapSession } from './imap-session.ts';
import { parseArguments, type ImapArgument } from './imap-syntax.ts';
import type { MailStore } from './mail-store.ts';

const notConnected = 'BAD User is authenticated but not connected.';
const CAPABILITIES =
	'IMAP4 IMAP4rev1 AUTH=PLAIN AUTH=XOAUTH2 SASL-IR UIDPLUS MOVE ID UNSELECT CHILDREN IDLE NAMESPACE LITERAL+';

export async function converseImap(
	connection: MailConnection,
	context: MailLoginContext,
	store: MailStore,
): Promise<void> {
	let access: MailAccess = { kind: 'refused' };
	let session: ImapSession | undefined;
	connection.write('* OK The practice IMAP server is ready. This is not Microsoft.');
	for (;;) {
		const text = await readCommand(connection);
		if (text === undefined) return;
		const [tag = '*', name = '', ...rest] = parseArguments(text) ?? [];
		if (typeof tag !== 'string' || typeof name !== 'string') return;
		const command = name.toUpperCase();
		switch (command) {
			case 'CAPABILITY':
				connection.write(`* CAPABILITY ${CAPABILITIES}`, `${tag} OK CAPABILITY completed.`);
				break;
			case 'ID':
				connection.write('* ID ("name" "Mailkey practice")', `${tag} OK ID completed.`);
				break;
			case 'AUTHENTICATE':
				access = await authenticate(connection, context, rest);
				session = openMailbox(access, connection, store);
				connection.write(
					access.kind === 'accepted'
						? `${tag} OK AUTHENTICATE completed.`
						: `${tag} NO AUTHENTICATE failed.`,
				);
				break;
			case 'NOOP':
				connection.write(...(session?.sync() ?? []), `${tag} OK NOOP completed.`);
				break;
			case 'IDLE':
				if (session === undefined) connection.write(`${tag} ${whyNot(access)}`);
				else if (!(await idle(connection, session, store, tag))) return;
				break;
			case 'LOGOUT':
				connection.write(
					'* BYE The practice IMAP server signs off.',
					`${tag} OK LOGOUT completed.`,
				);
				return;
			default:
				if (session === undefined) connection.write(`${tag} ${whyNot(access)}`);
				else connection.write(...session.run(tag, command, rest));
		}
	}
}

/** With its literals, as they stand in it; undefined when the client is gone, or sends more than a message weighs. */
async function readCommand(connection: MailConnection): Promise<string | undefined> {
	let text = await connection.read();
	for (;;) {
		const [, length, plus] = /\{(\d{1,12})(\+?)\}$/.exec(text?.slice(-20) ?? '') ?? [];
		if (text === undefined || length === undefined) return text;
		if (text.length + Number(length) > MAX_MESSAGE_BYTES) {
			connection.write('* BYE The message is too large.');
			return undefined;
		}
		if (plus === '') connection.write('+ Ready for additional command text.');
		const octets = await connection.readOctets(Number(length));
		const rest = await connection.read();
		if (octets === undefined || rest === undefined) return undefined;
		text = `${text}\r\n${octets}${rest}`;
	}
}

async function authenticate(
	connection: MailConnection,
	context: MailLoginContext,
	[method, initial]: readonly ImapArgument[],
): Promise<MailAccess> {
	if (typeof method !== 'string' || method.toUpperCase() !== 'XOAUTH2') return { kind: 'refused' };
	if (initial === undefined) connection.write('+');
	const given = typeof initial === 'string' ? initial : ((await connection.read()) ?? '');
	return checkLogin(context, 'imap', readXoauth2(given));
}

function openMailbox(
	access: MailAccess,
	connection: MailConnection,
	store: MailStore,
): ImapSession | undefined {
	if (access.kind !== 'accepted' || whyClosed(access) !== undefined) return undefined;
	return openImapSession(access.user, store);
}

/** What Exchange answers instead once somebody is logged in. */
function whyClosed(access: MailAccess & { kind: 'accepted' }): string | undefined {
	const { kind } = access.mailbox;
	if (!mayUse(access) || kind === 'imap_off' || kind === 'no_licence') return notConnected;
	if (kind !== 'throttled') return undefined;
	return 'BAD Request is throttled. Suggested Backoff Time: 1000 milliseconds';
}

function whyNot(access: MailAccess): string {
	if (access.kind !== 'accepted') return 'BAD Command received in Invalid state.';
	return whyClosed(access) ?? notConnected;
}

/** RFC 2177. False when the client is gone. */
async function idle(
	connection: MailConnection,
	session: ImapSession,
	store: MailStore,
	tag: string,
): Promise<boolean> {
	connection.write('+ IDLE accepted, awaiting DONE command.');
	const tell = () => connection.write(...session.sync());
	tell();
	const stop = store.watch(tell);
	const line = await connection.read();
	stop();
	if (line !== undefined) connection.write(`${tag} OK IDLE completed.`);
	return line !== undefined;
}
