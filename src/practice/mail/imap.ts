// IMAP with as much as a check needs: XOAUTH2, and an INBOX that is empty. The words are Exchange's.

import { judgeLogin, mayUse, readXoauth2, type MailAccess, type MailDoor } from './access.ts';
import type { MailConnection } from './connection.ts';

const notConnected = 'BAD User is authenticated but not connected.';

export async function converseImap(connection: MailConnection, door: MailDoor): Promise<void> {
	let access: MailAccess = { kind: 'refused' };
	connection.write('* OK The practice IMAP server is ready. This is not Microsoft.');
	for (;;) {
		const line = await connection.read();
		if (line === undefined) return;
		const [tag = '*', command = '', ...rest] = line.split(' ');
		switch (command.toUpperCase()) {
			case 'CAPABILITY':
				connection.write(
					'* CAPABILITY IMAP4 IMAP4rev1 AUTH=PLAIN AUTH=XOAUTH2 SASL-IR ID NAMESPACE',
					`${tag} OK CAPABILITY completed.`,
				);
				break;
			case 'ID':
				connection.write('* ID ("name" "Mailkey practice")', `${tag} OK ID completed.`);
				break;
			case 'AUTHENTICATE':
				access = await authenticate(connection, door, rest);
				connection.write(
					access.kind === 'let_in'
						? `${tag} OK AUTHENTICATE completed.`
						: `${tag} NO AUTHENTICATE failed.`,
				);
				break;
			case 'NOOP':
				connection.write(`${tag} OK NOOP completed.`);
				break;
			case 'LOGOUT':
				connection.write(
					'* BYE The practice IMAP server signs off.',
					`${tag} OK LOGOUT completed.`,
				);
				return;
			default:
				connection.write(...inMailbox(access, command.toUpperCase()).map((to) => to(tag)));
		}
	}
}

async function authenticate(
	connection: MailConnection,
	door: MailDoor,
	[method = '', initial]: readonly string[],
): Promise<MailAccess> {
	if (method.toUpperCase() !== 'XOAUTH2') return { kind: 'refused' };
	if (initial === undefined) connection.write('+');
	return judgeLogin(door, 'imap', readXoauth2(initial ?? (await connection.read()) ?? ''));
}

// What Exchange answers once somebody is logged in, each line made from the tag of the command.
function inMailbox(access: MailAccess, command: string): ((tag: string) => string)[] {
	if (access.kind !== 'let_in') return [(tag) => `${tag} BAD Command received in Invalid state.`];
	const { kind } = access.mailbox;
	if (!mayUse(access) || kind === 'imap_off' || kind === 'no_licence') {
		return [(tag) => `${tag} ${notConnected}`];
	}
	if (kind === 'throttled') {
		return [(tag) => `${tag} BAD Request is throttled. Suggested Backoff Time: 1000 milliseconds`];
	}
	switch (command) {
		case 'NAMESPACE':
			return [() => '* NAMESPACE (("" "/")) NIL NIL', (tag) => `${tag} OK NAMESPACE completed.`];
		case 'LIST':
		case 'LSUB':
			return [
				() => `* ${command} (\\HasNoChildren) "/" INBOX`,
				(tag) => `${tag} OK ${command} completed.`,
			];
		case 'SELECT':
		case 'EXAMINE':
			return [
				() => '* 0 EXISTS',
				() => '* 0 RECENT',
				() => '* FLAGS (\\Seen \\Answered \\Flagged \\Deleted \\Draft)',
				() => '* OK [UIDVALIDITY 1] UIDVALIDITY value',
				() => '* OK [UIDNEXT 1] The next unique identifier value',
				(tag) =>
					`${tag} OK [${command === 'EXAMINE' ? 'READ-ONLY' : 'READ-WRITE'}] ${command} completed.`,
			];
		default:
			return [(tag) => `${tag} BAD Command Error. 12`];
	}
}
