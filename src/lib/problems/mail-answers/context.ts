// What we know about a login ourselves. It says more than most answers of mail servers.

import type { MailSubject } from '../../domain/mail-check.ts';
import type { MailProblemCode } from '../../domain/mail-login.ts';
import { PROTOCOL_FACTS, type MailProtocol } from '../../domain/mail-protocol.ts';
import type { Who } from '../../domain/problem.ts';
import { PAGE_WORDS } from '../../words/all-page-words.ts';
import type { Language } from '../../domain/language.ts';
import { protocolName } from '../protocol-name.ts';
import { say, type InputsOf, type SaidProblem } from '../say.ts';
import type { Words } from '../words.ts';

/** The mailbox that was to be opened or sent from, and the account whose access token it was. */
export type MailLoginContext = MailSubject & {
	/** Whether Microsoft granted the right for this protocol. */
	right: 'granted' | 'not_granted';
	/** How long the access token had still to live when it was shown; below zero: it had expired. */
	tokenLeftSeconds: number;
};

export type MailWords = Record<
	MailProblemCode,
	(protocol: MailProtocol, subject: MailSubject, language: Language) => Words
>;

export function protocolNameIn(protocol: MailProtocol, language: Language): string {
	return protocolName(protocol, PAGE_WORDS[language]);
}

/** The problems whose words name nothing but the mailbox. */
type ProblemOfMailbox = {
	[Problem in SaidProblem]: { mailbox: string } extends InputsOf<Problem> ? Problem : never;
}[SaidProblem];

export function saidOfMailbox(who: Who, problem: ProblemOfMailbox): MailWords[MailProblemCode] {
	return (_protocol, { mailbox }, language) => say(problem, who, language, { mailbox });
}

/** The problems whose words name nothing but what the server is for, and the setting that names it. */
type ProblemOfServer = {
	[Problem in SaidProblem]: ServerInputs extends InputsOf<Problem> ? Problem : never;
}[SaidProblem];

type ServerInputs = { protocol: string; setting: string };

export function saidOfServer(who: Who, problem: ProblemOfServer): MailWords[MailProblemCode] {
	return (protocol, _subject, language) => {
		const { setting } = PROTOCOL_FACTS[protocol];
		return say(problem, who, language, { protocol: protocolNameIn(protocol, language), setting });
	};
}
