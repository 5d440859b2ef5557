// POP3: XOAUTH2 in two lines as Exchange wants it, and then the INBOX (RFC 1939). The words are Exchange's.

import {
	checkLogin,
	mayUse,
	readXoauth2,
	type MailAccess,
	type MailLoginContext,
} from './access.ts';
import type { MailConnection } from './connection.ts';
import { INBOX, type MailStore } from './mail-store.ts';
import { openPopSession, type PopSession } from './pop-session.ts';

export async function conversePop(
	connection: MailConnection,
	context: MailLoginContext,
	store: MailStore,
): Promise<void> {
	let session: PopSession | undefined;
	connection.write('+OK The practice POP3 server is ready. This is not Microsoft.');
	for (;;) {
		const line = (await connection.read())?.toUpperCase();
		if (line === undefined) return;
		if (line === 'CAPA') {
			connection.write('+OK', 'TOP', 'UIDL', 'SASL PLAIN XOAUTH2', '.');
		} else if (line === 'AUTH XOAUTH2') {
			connection.write('+');
			const login = readXoauth2((await connection.read()) ?? '');
			const access = await checkLogin(context, 'pop', login);
			const answer = answerTo(access);
			const inbox =
				answer.startsWith('+OK') && access.kind === 'accepted'
					? store.findFolder(access.user, INBOX)
					: undefined;
			session = inbox && openPopSession(inbox, store);
			connection.write(answer);
		} else if (line === 'QUIT') {
			session?.removeDeleted();
			connection.write('+OK The practice POP3 server signs off.');
			return;
		} else if (session === undefined) {
			connection.write('-ERR Command is not valid in this state.');
		} else {
			const [command = '', ...numbers] = line.trim().split(/ +/);
			connection.write(...session.run(command, numbers.map(Number)));
		}
	}
}

function answerTo(access: MailAccess): string {
	const kind = access.kind === 'accepted' ? access.mailbox.kind : undefined;
	if (kind === 'throttled') return '-ERR Server Unavailable. 21';
	const isOff = kind === 'pop_off' || kind === 'no_licence';
	if (access.kind === 'accepted' && mayUse(access) && !isOff) {
		return '+OK User successfully authenticated.';
	}
	return '-ERR Authentication failure: unknown user name or bad password.';
}
