// The ready accounts whose mailboxes are out of the ordinary: what the practice mail servers make of them.

// What its mailbox is like at the practice mail servers.
export type PracticeMailbox =
	| {
			kind:
				| 'usual'
				| 'smtp_off_for_organisation'
				| 'smtp_off_for_mailbox'
				| 'imap_off'
				| 'pop_off'
				| 'no_licence'
				| 'slow'
				| 'throttled';
	  }
	// Usable by these accounts besides its own.
	| { kind: 'shared'; with: readonly string[] };

export const mailAccounts: readonly {
	username: string;
	mailbox: PracticeMailbox;
	whatHappens: string;
}[] = [
	{
		username: 'smtp-off@mycompany.com',
		mailbox: { kind: 'smtp_off_for_organisation' },
		whatHappens: 'Reading works; sending by SMTP is switched off in the organisation.',
	},
	{
		username: 'smtp-off-mailbox@mycompany.com',
		mailbox: { kind: 'smtp_off_for_mailbox' },
		whatHappens: 'Reading works; sending by SMTP is switched off for this mailbox.',
	},
	{
		username: 'imap-off@mycompany.com',
		mailbox: { kind: 'imap_off' },
		whatHappens: 'IMAP is switched off for the mailbox; POP and SMTP work.',
	},
	{
		username: 'pop-off@mycompany.com',
		mailbox: { kind: 'pop_off' },
		whatHappens: 'POP is switched off for the mailbox; IMAP and SMTP work.',
	},
	{
		username: 'no-licence@mycompany.com',
		mailbox: { kind: 'no_licence' },
		whatHappens: 'An account without a licence, so there is no mailbox to log in to.',
	},
	{
		username: 'slow@mycompany.com',
		mailbox: { kind: 'slow' },
		whatHappens: 'The mail servers take several seconds for each login.',
	},
	{
		username: 'throttled@mycompany.com',
		mailbox: { kind: 'throttled' },
		whatHappens: 'The mail servers are busy and ask to try again later.',
	},
];
