// The words for a message that was refused after a good login. Exchange stores each submitted message
// in Sent Items, and holds a mailbox back from sending when the same error comes again and again.

import { isSomeoneElse } from '../../domain/mail-check.ts';
import { say } from '../say.ts';
import { allowSendAs, quoteForPowerShell } from './commands.ts';
import { saidOfMailbox, type MailWords } from './context.ts';

const ADMINISTRATOR = 'microsoft_365_administrator';

export const SENDING_WORDS = {
	send_as_denied: (_protocol, subject, language) => {
		const { mailbox, signedInAs: account } = subject;
		if (!isSomeoneElse(subject))
			return say('alias_not_allowed', ADMINISTRATOR, language, { mailbox });
		const access_command = allowSendAs(mailbox, account);
		return say('send_as_denied', ADMINISTRATOR, language, { mailbox, account, access_command });
	},
	too_many_connections: saidOfMailbox('nobody', 'too_many_connections'),
	sending_limit_reached: saidOfMailbox('nobody', 'sending_limit_reached'),
	onmicrosoft_limit_reached: saidOfMailbox(ADMINISTRATOR, 'onmicrosoft_limit_reached'),
	mailbox_full: (_protocol, { mailbox }, language) =>
		say('mailbox_full', ADMINISTRATOR, language, {
			mailbox,
			archive_command: `Enable-Mailbox -Identity ${quoteForPowerShell(mailbox)} -Archive`,
		}),
	licence_missing: saidOfMailbox(ADMINISTRATOR, 'licence_missing'),
	sender_disabled: saidOfMailbox(ADMINISTRATOR, 'sender_disabled'),
	too_many_recipients: (_protocol, { mailbox }, language) =>
		say('too_many_recipients', ADMINISTRATOR, language, {
			mailbox,
			limits_command: `Get-Mailbox -Identity ${quoteForPowerShell(mailbox)} | Format-List RecipientLimits`,
		}),
	recipients_invalid: saidOfMailbox(ADMINISTRATOR, 'recipients_invalid'),
	blocked_as_spam_sender: (_protocol, { mailbox }, language) =>
		say('blocked_as_spam_sender', ADMINISTRATOR, language, {
			mailbox,
			unblock_command: `Remove-BlockedSenderAddress -SenderAddress ${quoteForPowerShell(mailbox)}`,
		}),
	message_held_as_spam: saidOfMailbox('visitor', 'message_held_as_spam'),
	message_refused: saidOfMailbox(ADMINISTRATOR, 'message_refused'),
} satisfies Partial<MailWords>;
