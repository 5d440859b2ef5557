// SMTP submission with STARTTLS and XOAUTH2. Takes messages and delivers them nowhere. The words are Exchange's.

import { judgeLogin, mayUse, type MailAccess, type MailDoor } from './access.ts';
import type { MailConnection } from './connection.ts';

export type TakenMessage = { user: string; from: string; to: readonly string[]; content: string };

type Session = { isSecure: boolean; user: string; from: string; to: string[] };

const host = '[practice.example]';

const off = (what: 'Tenant' | 'Mailbox') =>
	`535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the ${what}. Visit https://aka.ms/smtp_auth_disabled for more information. ${host}`;

export async function converseSmtp(
	connection: MailConnection,
	door: MailDoor,
	take: (message: TakenMessage) => void,
): Promise<void> {
	const session: Session = { isSecure: false, user: '', from: '', to: [] };
	connection.write('220 The practice SMTP server is ready. This is not Microsoft.');
	for (;;) {
		const line = await connection.read();
		if (line === undefined) return;
		const [, verb = '', rest = ''] = /^(\S+)(?:\s(.*))?$/.exec(line) ?? [];
		switch (verb.toUpperCase()) {
			case 'EHLO':
			case 'HELO':
				connection.write('250-practice.example', `250-${offer(session.isSecure)}`, '250 8BITMIME');
				break;
			case 'STARTTLS':
				connection.write('220 2.0.0 SMTP server ready');
				connection.startTls();
				session.isSecure = true;
				break;
			case 'AUTH': {
				const { answer, user } = await login(connection, door, rest, session.isSecure);
				session.user = user;
				connection.write(answer);
				break;
			}
			case 'MAIL':
				session.from = addressIn(rest);
				session.to = [];
				connection.write(
					session.user === ''
						? `530 5.7.57 Client not authenticated to send mail. ${host}`
						: '250 2.1.0 Sender OK',
				);
				break;
			case 'RCPT':
				session.to.push(addressIn(rest));
				connection.write('250 2.1.5 Recipient OK');
				break;
			case 'DATA':
				connection.write('354 Start mail input; end with <CRLF>.<CRLF>');
				connection.write(
					receive({ ...session, content: await readMessage(connection) }, door, take),
				);
				break;
			case 'RSET':
			case 'NOOP':
				connection.write('250 2.0.0 OK');
				break;
			case 'QUIT':
				connection.write('221 2.0.0 Service closing transmission channel');
				return;
			default:
				connection.write('500 5.3.3 Unrecognized command');
		}
	}
}

function offer(isSecure: boolean): string {
	return isSecure ? 'AUTH LOGIN XOAUTH2' : 'STARTTLS';
}

async function login(
	connection: MailConnection,
	door: MailDoor,
	rest: string,
	isSecure: boolean,
): Promise<{ answer: string; user: string }> {
	const no = (answer: string) => ({ answer, user: '' });
	if (!isSecure) return no('530 5.7.57 SMTP; Must issue a STARTTLS command first');
	const [method = '', initial] = rest.split(' ');
	if (method.toUpperCase() !== 'XOAUTH2') return no('504 5.7.4 Unrecognized authentication type');
	if (initial === undefined) connection.write('334 ');
	const access = await judgeLogin(door, 'smtp', initial ?? (await connection.read()) ?? '');
	const refusal = refusalOf(access);
	if (refusal !== undefined || access.kind === 'refused') return no(refusal ?? wrong);
	return { answer: '235 2.7.0 Authentication successful', user: access.user };
}

const wrong = `535 5.7.3 Authentication unsuccessful ${host}`;

function refusalOf(access: MailAccess): string | undefined {
	if (access.kind === 'refused') return wrong;
	switch (access.mailbox.kind) {
		case 'smtp_off_for_organisation':
			return off('Tenant');
		case 'smtp_off_for_mailbox':
			return off('Mailbox');
		case 'throttled':
			return `432 4.3.2 Concurrent connections limit exceeded. Visit https://aka.ms/concurrent_sending for more information. ${host}`;
		case 'no_licence':
			return wrong;
		case 'shared':
			// A shared mailbox has no login of its own: its users log in as themselves.
			return wrong;
		default:
			return mayUse(access) ? undefined : wrong;
	}
}

// As Exchange does, only at the end: who may send as whom shows with a message and nowhere else.
function receive(
	message: TakenMessage,
	door: MailDoor,
	take: (message: TakenMessage) => void,
): string {
	const { user, from } = message;
	if (!maySendAs(message, door)) {
		return `554 5.2.252 SendAsDenied; ${user} not allowed to send as ${from}; 5.7.60 SMTP; Client does not have permissions to send as this sender ${host}`;
	}
	take(message);
	return `250 2.0.0 OK <practice> ${host}`;
}

function maySendAs({ user, from }: TakenMessage, { microsoft }: MailDoor): boolean {
	const mailbox = microsoft.findMailbox(from);
	return user === from || (mailbox?.kind === 'shared' && mailbox.with.includes(user));
}

function addressIn(text: string): string {
	return (/<([^<>]*)>/.exec(text)?.[1] ?? '').toLowerCase();
}

async function readMessage(connection: MailConnection): Promise<string> {
	const lines: string[] = [];
	for (;;) {
		const line = await connection.read();
		if (line === undefined || line === '.') return lines.join('\n');
		// RFC 5321, 4.5.2: a leading dot was doubled.
		lines.push(line.replace(/^\./, ''));
	}
}
