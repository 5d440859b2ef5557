// Mail servers in memory that let everybody in but where a test says otherwise, by mailbox and protocol.

import type { MailLoginResult } from '../../src/lib/domain/mail-login.ts';
import type { MailProtocol } from '../../src/lib/domain/mail-protocol.ts';
import type { MailClient } from '../../src/lib/server/mail/mail-client.ts';

/** As Exchange Online says it (learn.microsoft.com, "smtp-submission-improvements"). */
export const SMTP_IS_OFF: MailLoginResult = {
	kind: 'refused',
	stage: 'authenticate',
	answer:
		'535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Mailbox.',
};
export const LOGIN_REFUSED: MailLoginResult = {
	kind: 'refused',
	stage: 'authenticate',
	answer: 'NO AUTHENTICATE failed.',
};
export const NO_ANSWER: MailLoginResult = { kind: 'unreachable', reason: 'timeout' };

export type ScriptedMailClient = MailClient & {
	/** Logins so far. */
	logins: { protocol: MailProtocol; user: string }[];
	/** Undefined lets in again. */
	answer(user: string, protocol: MailProtocol, result: MailLoginResult | undefined): void;
};

export function createScriptedMailClient(): ScriptedMailClient {
	const answers = new Map<string, MailLoginResult>();
	const logins: ScriptedMailClient['logins'] = [];
	return {
		logins,
		login(protocol, { user }) {
			logins.push({ protocol, user });
			return Promise.resolve(answers.get(`${protocol} ${user}`) ?? { kind: 'passed' });
		},
		send: () => Promise.resolve({ kind: 'passed' }),
		answer(user, protocol, result) {
			if (result === undefined) answers.delete(`${protocol} ${user}`);
			else answers.set(`${protocol} ${user}`, result);
		},
	};
}
