// The words for a message that was refused after a good login. Exchange stores each submitted message
// in Sent Items, and holds a mailbox back from sending when the same error comes again and again.

import { isSomeoneElse } from '../../domain/mail-check.ts';
import { allowSendAs, quoteForPowerShell, withCommand } from './commands.ts';
import type { MailWords } from './context.ts';

const SEND_AGAIN = 'Then send the test message again.';
const HELD_BACK = 'After many failures Microsoft holds back all sending for a while.';

export const SENDING_WORDS = {
	send_as_denied: (_protocol, subject) => {
		const { mailbox, signedInAs } = subject;
		const title = 'Sending under this address is not allowed';
		if (isSomeoneElse(subject)) {
			return {
				who: 'microsoft_365_administrator',
				title,
				explanation: `${signedInAs} may log in, but may not send mail in the name of ${mailbox}. ${HELD_BACK}`,
				next_step: withCommand(
					'Ask your Microsoft 365 administrator for the right to send: Exchange admin center > Mailboxes > the mailbox > Delegation > Send as.',
					allowSendAs(mailbox, signedInAs),
					`The change can take an hour. ${SEND_AGAIN}`,
				),
			};
		}
		return {
			who: 'microsoft_365_administrator',
			title,
			explanation: `The login worked, but the mailbox may not send under the address of this message. ${HELD_BACK}`,
			next_step: withCommand(
				`Mail must come from the main address of the mailbox. Check that the site sends as ${mailbox}. If this is only a second address, your Microsoft 365 administrator can allow it: Exchange admin center > Settings > Mail flow > Sending from aliases.`,
				'Set-OrganizationConfig -SendFromAliasEnabled $true',
				SEND_AGAIN,
			),
		};
	},
	too_many_connections: (_protocol, { mailbox }) => ({
		who: 'nobody',
		title: 'Too many messages are being sent at once',
		explanation: `Microsoft lets one mailbox send over three connections at a time, and ${mailbox} has more open just now.`,
		next_step:
			'Wait a few minutes, then press “Check again”. If it comes back, whoever runs the site should send one message after the other.',
	}),
	sending_limit_reached: (_protocol, { mailbox }) => ({
		who: 'nobody',
		title: 'The mailbox has sent its share for today',
		explanation: `Microsoft lets one mailbox write to 10,000 recipients a day, and ${mailbox} has reached a limit of this kind.`,
		next_step:
			'Wait until tomorrow. For more than that, whoever runs the site needs a service for bulk mail.',
	}),
	onmicrosoft_limit_reached: (_protocol, { mailbox }) => ({
		who: 'microsoft_365_administrator',
		title: 'Your organisation has used up its mail for today',
		explanation: `${mailbox} sends under an onmicrosoft.com address. Microsoft lets a whole organisation write to 100 outside recipients a day from such addresses.`,
		next_step:
			'It works again tomorrow. To end it, ask your Microsoft 365 administrator for an address in a domain of your own: Microsoft 365 admin center > Settings > Domains.',
	}),
	mailbox_full: (_protocol, { mailbox }) => ({
		who: 'microsoft_365_administrator',
		title: 'The mailbox is full',
		explanation: `${mailbox} has no room left, and a full mailbox cannot send: Microsoft keeps a copy of each message in Sent Items. ${HELD_BACK}`,
		next_step: withCommand(
			'Delete old messages from Sent Items, then empty Deleted Items. For more room, ask your Microsoft 365 administrator for an archive: Exchange admin center > Mailboxes > the mailbox > Others > Mailbox archive.',
			`Enable-Mailbox -Identity ${quoteForPowerShell(mailbox)} -Archive`,
			SEND_AGAIN,
		),
	}),
	licence_missing: (_protocol, { mailbox }) => ({
		who: 'microsoft_365_administrator',
		title: 'The mailbox has no valid licence',
		explanation: `Microsoft does not let ${mailbox} send because its licence is missing or has ended. ${HELD_BACK}`,
		next_step: `Ask your Microsoft 365 administrator to give it a licence with Exchange Online: Microsoft 365 admin center > Users > Active users > ${mailbox} > Licenses and apps. ${SEND_AGAIN}`,
	}),
	sender_disabled: (_protocol, { mailbox }) => ({
		who: 'microsoft_365_administrator',
		title: 'The mailbox’s account is switched off',
		explanation: `The login worked, but Microsoft sends nothing for ${mailbox} because its account is disabled.`,
		next_step: `Ask your Microsoft 365 administrator to look at the account: Microsoft 365 admin center > Users > Active users > ${mailbox}. ${SEND_AGAIN}`,
	}),
	too_many_recipients: (_protocol, { mailbox }) => ({
		who: 'microsoft_365_administrator',
		title: 'Messages had too many recipients',
		explanation: `${mailbox} tried again and again to write to more people at once than Microsoft allows. ${HELD_BACK}`,
		next_step: withCommand(
			'Tell whoever runs the site to write to fewer people at once. Your Microsoft 365 administrator sees the limit in the Exchange admin center > Mailboxes > the mailbox > Mailbox > Recipient limit.',
			`Get-Mailbox -Identity ${quoteForPowerShell(mailbox)} | Format-List RecipientLimits`,
			SEND_AGAIN,
		),
	}),
	recipients_invalid: (_protocol, { mailbox }) => ({
		who: 'microsoft_365_administrator',
		title: 'Messages went to addresses that do not exist',
		explanation: `${mailbox} wrote again and again to addresses that nobody has. ${HELD_BACK}`,
		next_step: `Tell whoever runs the site to take these addresses out. Your Microsoft 365 administrator finds them in the Exchange admin center > Mail flow > Message trace. ${SEND_AGAIN}`,
	}),
	blocked_as_spam_sender: (_protocol, { mailbox }) => ({
		who: 'microsoft_365_administrator',
		title: 'Microsoft has blocked the mailbox as a spam sender',
		explanation: `Too much mail from ${mailbox} looked like spam, so Microsoft lets it send nothing to the outside.`,
		next_step: withCommand(
			'Ask your Microsoft 365 administrator to find the cause first, then to unblock it: Microsoft Defender portal > Email & collaboration > Review > Restricted entities.',
			`Remove-BlockedSenderAddress -SenderAddress ${quoteForPowerShell(mailbox)}`,
			SEND_AGAIN,
		),
	}),
	message_held_as_spam: (_protocol, { mailbox }) => ({
		who: 'visitor',
		title: 'Microsoft took the message for spam',
		explanation: `The login worked, but Microsoft’s spam filter sent back the message from ${mailbox}. New mailboxes that send many messages meet this most.`,
		next_step: `Sign in to Outlook on the web as ${mailbox} and send a message there. If Microsoft asks you to prove who you are, do so. If it asks nothing, send the details below to your Microsoft 365 administrator.`,
	}),
	message_refused: (_protocol, { mailbox }) => ({
		who: 'microsoft_365_administrator',
		title: 'The mail server did not take the message',
		explanation: `The login worked, but the server refused the message from ${mailbox}, for a reason that this page does not know.`,
		next_step:
			'Send the test message again in a few minutes. If it is refused again, send the details below to your Microsoft 365 administrator.',
	}),
} satisfies Partial<MailWords>;
