// The mail servers, with one login per protocol and one way to send a message.

import type { MailLoginResult } from '../../domain/mail-login.ts';
import type { MailProtocol, MailServers } from '../../domain/mail-protocol.ts';
import { loginByImap } from './imap-login.ts';
import type { MailClientOptions } from './mail-login.ts';
import { loginByPop } from './pop-login.ts';
import { loginBySmtp } from './smtp-login.ts';
import { sendBySmtp, type PlainMessage } from './smtp-send.ts';

type Credential = { user: string; accessToken: string };

export type MailClient = {
	/** Logs in and out again. Nothing is read, deleted or sent. */
	login(protocol: MailProtocol, credential: Credential): Promise<MailLoginResult>;
	send(credential: Credential, message: PlainMessage): Promise<MailLoginResult>;
};

/** Exchange's IMAP and POP take several seconds for a login by design, so less would accuse the innocent. */
const LIMIT_MS = 30_000;

const LOGINS = { imap: loginByImap, pop: loginByPop, smtp: loginBySmtp };

export function createMailClient(
	servers: MailServers,
	options: MailClientOptions = { limitMs: LIMIT_MS },
): MailClient {
	return {
		login: (protocol, credential) =>
			LOGINS[protocol](options, { server: servers[protocol], ...credential }),
		send: (credential, message) =>
			sendBySmtp(options, { server: servers.smtp, ...credential }, message),
	};
}
