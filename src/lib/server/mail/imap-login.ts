// IMAP: XOAUTH2, then EXAMINE INBOX, which opens the mailbox without changing anything in it. Exchange may
// answer OK to a login and only then say that the user is not connected, so the login alone proves nothing.

import type { MailLoginResult, MailLoginStage } from '../../domain/mail-login.ts';
import {
	goodbye,
	MailRefusal,
	withinLimit,
	type MailLoginRequest,
	type MailClientOptions,
} from './mail-login.ts';

/** Not with the rest: it is larger than all else that a command loads. */
export const loadImapClient = () => import('imapflow');

export function loginByImap(
	{ limitMs }: MailClientOptions,
	{ server, user, accessToken }: MailLoginRequest,
): Promise<MailLoginResult> {
	return withinLimit(limitMs, async (closeBy) => {
		const { ImapFlow } = await loadImapClient();
		const client = new ImapFlow({
			host: server.host,
			port: server.port,
			secure: true,
			auth: { user, accessToken },
			tls: { ...(server.ca !== undefined && { ca: server.ca }) },
			logger: false,
			disableAutoIdle: true,
			disableCompression: true,
			disableAutoEnable: true,
			connectionTimeout: limitMs,
			greetingTimeout: limitMs,
			socketTimeout: limitMs,
		});
		// Whatever is wrong with the connection rejects the command that waits as well.
		client.on('error', () => undefined);
		closeBy(() => client.close());
		await asStage('authenticate', client.connect());
		await asStage('select', client.mailboxOpen('INBOX', { readOnly: true }));
		await goodbye(client.logout());
	});
}

async function asStage(stage: MailLoginStage, command: Promise<unknown>): Promise<void> {
	try {
		await command;
	} catch (error) {
		const answer = answerIn(error);
		throw answer === undefined ? error : new MailRefusal(stage, answer);
	}
}

/** The server's line, where the error stems from one. */
function answerIn(error: unknown): string | undefined {
	if (!(error instanceof Error)) return undefined;
	if ('response' in error && typeof error.response === 'string') return error.response;
	if ('responseText' in error && typeof error.responseText === 'string') return error.responseText;
	const bye = byeIn(error);
	if (bye !== undefined) return `* BYE ${bye}`;
	return error.message.startsWith('Unsupported authentication') ? error.message : undefined;
}

/** The server hung up with a word; imapflow has one of its own for one that did so without. */
function byeIn(error: Error): string | undefined {
	// OpenSSL's errors have a reason too.
	const isClosed = 'code' in error && /^(?:NoConnection|ClosedAfter)/.test(String(error.code));
	const reason = isClosed && 'reason' in error ? error.reason : undefined;
	return typeof reason === 'string' && reason !== 'Server closed connection' ? reason : undefined;
}
