// What we know about a login ourselves. It says more than most answers of mail servers.

import type { MailProblemCode } from '../../domain/mail-login.ts';
import type { MailProtocol } from '../../domain/sign-in.ts';
import { PAGE_WORDS } from '../../words/all-page-words.ts';
import type { Language } from '../../words/languages.ts';
import type { Words } from '../words.ts';

export type MailLoginContext = {
	/** The mailbox that was to be opened, or sent from. */
	mailbox: string;
	/** The Microsoft account whose access token it was, as Microsoft names it. */
	signedInAs: string;
	/** Whether that account is the mailbox's own, or somebody's who may have been given access. */
	account: 'mailbox' | 'someone_else';
	/** Whether Microsoft granted the right for this protocol. */
	right: 'granted' | 'not_granted';
	/** How long the access token had still to live when it was shown; below zero: it had expired. */
	tokenLeftSeconds: number;
};

/** Whose login it was: all that the words name. */
export type MailSubject = Pick<MailLoginContext, 'mailbox' | 'signedInAs' | 'account'>;

export type MailWords = Record<
	MailProblemCode,
	(protocol: MailProtocol, subject: MailSubject, language: Language) => Words
>;

/** The protocols by what they are for: hardly anybody knows them by name. */
export function protocolName(protocol: MailProtocol, language: Language): string {
	return PAGE_WORDS[language][`protocol_${protocol}`]({});
}

/** The operator's setting that names the server. */
export const SERVER_SETTINGS: Record<MailProtocol, string> = {
	imap: 'MAIL_IMAP',
	pop: 'MAIL_POP',
	smtp: 'MAIL_SMTP',
};
