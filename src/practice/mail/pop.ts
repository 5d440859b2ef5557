// POP3 with as much as a check needs: XOAUTH2 in two lines as Exchange wants it, and an empty mailbox. The words are
// Exchange's.

import { judgeLogin, mayUse, readXoauth2, type MailAccess, type MailDoor } from './access.ts';
import type { MailConnection } from './connection.ts';

export async function conversePop(connection: MailConnection, door: MailDoor): Promise<void> {
	let isIn = false;
	connection.write('+OK The practice POP3 server is ready. This is not Microsoft.');
	for (;;) {
		const line = (await connection.read())?.toUpperCase();
		if (line === undefined) return;
		if (line === 'CAPA') {
			connection.write('+OK', 'TOP', 'UIDL', 'SASL PLAIN XOAUTH2', '.');
		} else if (line === 'AUTH XOAUTH2') {
			connection.write('+');
			const login = readXoauth2((await connection.read()) ?? '');
			const answer = answerTo(await judgeLogin(door, 'pop', login));
			isIn = answer.startsWith('+OK');
			connection.write(answer);
		} else if (line === 'QUIT') {
			connection.write('+OK The practice POP3 server signs off.');
			return;
		} else if (!isIn) {
			connection.write('-ERR Command is not valid in this state.');
		} else if (line === 'STAT') {
			connection.write('+OK 0 0');
		} else if (line === 'NOOP') {
			connection.write('+OK');
		} else {
			connection.write('-ERR Protocol error. 14');
		}
	}
}

function answerTo(access: MailAccess): string {
	const kind = access.kind === 'let_in' ? access.mailbox.kind : undefined;
	if (kind === 'throttled') return '-ERR Server Unavailable. 21';
	if (access.kind === 'let_in' && mayUse(access) && kind !== 'no_licence') {
		return '+OK User successfully authenticated.';
	}
	return '-ERR Authentication failure: unknown user name or bad password.';
}
