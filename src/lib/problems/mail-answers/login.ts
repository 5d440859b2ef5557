// The words for a login that was refused: what we know of the token first, then what the server said.

import { isSomeoneElse, type MailSubject } from '../../domain/mail-check.ts';
import { PROTOCOL_FACTS, type MailProtocol } from '../../domain/mail-protocol.ts';
import { allowFullAccess, allowSendAs, setMailbox } from './commands.ts';
import { protocolNameIn, saidOfMailbox, saidOfServer, type MailWords } from './context.ts';
import type { Language } from '../../domain/language.ts';
import { say } from '../say.ts';
import type { Words } from '../words.ts';

export const LOGIN_WORDS = {
	token_expired: saidOfMailbox('nobody', 'token_expired'),
	right_not_granted: (protocol, { mailbox }, language) =>
		say('right_not_granted', 'microsoft_365_administrator', language, {
			mailbox,
			protocol: protocolNameIn(protocol, language),
			right: PROTOCOL_FACTS[protocol].right,
		}),
	right_not_requested: (protocol, { mailbox, signedInAs }, language) =>
		say('right_not_requested', 'visitor', language, {
			mailbox,
			account: signedInAs,
			protocol: protocolNameIn(protocol, language),
		}),
	no_access_to_mailbox: (protocol, { mailbox, signedInAs }, language) =>
		say('no_access_to_mailbox', 'visitor', language, {
			...switchOf(protocol, mailbox),
			account: signedInAs,
			protocol: protocolNameIn(protocol, language),
			delegation:
				PROTOCOL_FACTS[protocol].use === 'send' ? 'Send as' : 'Read and manage (Full Access)',
			access_command:
				PROTOCOL_FACTS[protocol].use === 'send'
					? allowSendAs(mailbox, signedInAs)
					: allowFullAccess(mailbox, signedInAs),
		}),
	login_refused: (protocol, { mailbox }, language) =>
		say('login_refused', 'microsoft_365_administrator', language, {
			...switchOf(protocol, mailbox),
			protocol: protocolNameIn(protocol, language),
		}),
	logon_failure: (protocol, { mailbox }, language) =>
		say('logon_failure', 'microsoft_365_administrator', language, {
			...switchOf(protocol, mailbox),
			protocol: protocolNameIn(protocol, language),
		}),
	mailbox_not_opened: (protocol, { mailbox }, language) =>
		say('mailbox_not_opened', 'microsoft_365_administrator', language, {
			...switchOf(protocol, mailbox),
		}),
	smtp_off_for_organisation: (_protocol, context, language) =>
		say('smtp_off_for_organisation', 'microsoft_365_administrator', language, {
			mailbox: context.mailbox,
			box: PROTOCOL_FACTS.smtp.exchangeSwitch.box,
			switch_command: smtpCommands(context),
		}),
	smtp_off_for_mailbox: (_protocol, context, language) =>
		say('smtp_off_for_mailbox', 'microsoft_365_administrator', language, {
			mailbox: context.mailbox,
			box: PROTOCOL_FACTS.smtp.exchangeSwitch.box,
			switch_command: smtpCommands(context),
		}),
	blocked_by_security_defaults: saidOfMailbox(
		'microsoft_365_administrator',
		'security_defaults_block',
	),
	blocked_by_policy: saidOfMailbox('microsoft_365_administrator', 'policy_blocks_sending'),
	password_was_used: saidOfServer('operator', 'password_was_used'),
	not_logged_in: saidOfServer('operator', 'not_logged_in'),
	token_login_not_offered: saidOfServer('operator', 'token_login_not_offered'),
	mail_server_busy: (_protocol, _context, language) =>
		say('mail_server_busy', 'nobody', language, {}),
	refused_without_known_reason: saidOfServer('microsoft_365_administrator', 'mail_answer_unknown'),
} satisfies Partial<MailWords>;

/** A busy server that says how long. Whole minutes: people do not wait to the second. */
export function busyFor(waitSeconds: number, language: Language): Words {
	const minutes = new Intl.NumberFormat(language, {
		style: 'unit',
		unit: 'minute',
		unitDisplay: 'long',
	});
	return say('mail_server_waits', 'nobody', language, {
		wait: minutes.format(Math.ceil(waitSeconds / 60)),
	});
}

/** The mailbox, and what switches the protocol on for it. */
function switchOf(protocol: MailProtocol, mailbox: string) {
	const { box, parameter } = PROTOCOL_FACTS[protocol].exchangeSwitch;
	return { mailbox, box, switch_command: setMailbox(mailbox, parameter) };
}

/** With a shared mailbox it depends on the login whose switch counts, so both are there. */
function smtpCommands(subject: MailSubject): string {
	const { mailbox, signedInAs } = subject;
	const names = isSomeoneElse(subject) ? [mailbox, signedInAs] : [mailbox];
	return names
		.map((name) => setMailbox(name, PROTOCOL_FACTS.smtp.exchangeSwitch.parameter))
		.join('\n');
}
