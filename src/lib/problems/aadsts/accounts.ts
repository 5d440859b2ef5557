// Microsoft's numbers about the account that signed in: unknown, the wrong one, locked, or without a
// password; and about the organisation that an address points to.

import type { AadstsEntry } from './entry.ts';
import { say } from '../say.ts';

export const ACCOUNTS: readonly AadstsEntry[] = [
	{
		numbers: [50020, 16000, 90072],
		words: (subject, language) => say('other_organisation', 'visitor', language, subject),
	},
	{
		numbers: [50034, 51004],
		words: ({ mailbox }) => ({
			who: 'visitor',
			title: 'Microsoft does not know this account',
			explanation: 'No account with the name that was entered exists in this organisation.',
			next_step: `Check the spelling, then press “Sign in with Microsoft” again. If ${mailbox} is a shared mailbox, sign in with your own account: it needs access to the mailbox.`,
		}),
	},
	{
		numbers: [500208],
		words: ({ mailbox }) => ({
			who: 'visitor',
			title: 'This kind of account cannot be used here',
			explanation:
				'A personal Microsoft account was used where a work or school account is expected, or the other way round.',
			next_step: `Press “Sign in with Microsoft” again and use the work or school account of ${mailbox}. If the mailbox is a personal one, such as at outlook.com, ask the operator of this page to allow these.`,
		}),
	},
	{
		numbers: [50126],
		words: () => ({
			who: 'visitor',
			title: 'The user name or the password was wrong',
			explanation: 'Microsoft did not accept what was entered on its sign-in page.',
			next_step:
				'Press “Sign in with Microsoft” again and type the password with care. If you do not know it any more, choose “Forgot my password” at Microsoft.',
		}),
	},
	{
		numbers: [50053],
		words: () => ({
			who: 'visitor',
			title: 'Microsoft has locked the account for a while',
			explanation:
				'That happens after several wrong passwords. It also happens when a sign-in comes from an internet address that Microsoft does not trust.',
			next_step:
				'Wait half an hour, then press “Sign in with Microsoft” again. If it stays locked, ask your Microsoft 365 administrator. For the administrator: the reason is in the Microsoft Entra admin center > Sign-in logs.',
		}),
	},
	{
		numbers: [50055, 50144],
		words: () => ({
			who: 'visitor',
			title: 'The password has expired',
			explanation: 'Your organisation asks for a new password for this account from time to time.',
			next_step:
				'Change the password of the account first, as your organisation does it. Then press “Sign in with Microsoft” again.',
		}),
	},
	{
		numbers: [50056],
		words: ({ mailbox }) => ({
			who: 'visitor',
			title: 'The account has no password that works',
			explanation: 'Microsoft has no valid password on record for the account that was entered.',
			next_step: `Press “Sign in with Microsoft” again and type the password anew. If ${mailbox} is a shared mailbox, sign in with your own account: shared mailboxes have no password. If it fails again, ask your Microsoft 365 administrator to set a password.`,
		}),
	},
	{
		numbers: [50057],
		words: ({ mailbox }) => ({
			who: 'microsoft_365_administrator',
			title: 'The account is switched off',
			explanation:
				'Microsoft lets nobody sign in with this account. For shared mailboxes that is normal.',
			next_step: `If ${mailbox} is a shared mailbox, sign in with your own account: it needs access to the mailbox. Otherwise ask your Microsoft 365 administrator: Microsoft 365 admin center > Users > Active users > the account > Unblock sign-in.`,
		}),
	},
	{
		numbers: [50059, 50128, 90019],
		words: () => ({
			who: 'visitor',
			title: 'Microsoft could not find your organisation',
			explanation: 'From what was entered Microsoft cannot tell which organisation it belongs to.',
			next_step:
				'Press “Sign in with Microsoft” again, and enter the full email address at Microsoft too, with the part after the @. If that is not enough, ask your Microsoft 365 administrator which address to use.',
		}),
	},
	{
		numbers: [90002, 900023],
		words: ({ mailbox }) => ({
			who: 'visitor',
			title: 'Microsoft does not know this organisation',
			explanation: `Microsoft found no organisation for the address ${mailbox}. The part after the @ may be misspelt, or its mail may not be at Microsoft 365.`,
			next_step:
				'Check the email address and press “Sign in with Microsoft” again. If it is right, tell the operator of this page: the organisation may live in another Microsoft cloud. For the operator: check MICROSOFT_TENANT and MICROSOFT_CLOUD.',
		}),
	},
];
