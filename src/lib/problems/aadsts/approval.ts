// Microsoft's numbers about permission: given, declined, withdrawn, or not for this account.

import type { Language } from '../../words/languages.ts';
import type { AadstsEntry } from './entry.ts';
import { say } from '../say.ts';
import type { SignInSubject } from '../../domain/sign-in.ts';
import type { Words } from '../words.ts';

/** Also what is said when approval is needed and Microsoft gave no number. */
export function approvalNeeded(subject: SignInSubject, language: Language): Words {
	return say('approval_needed', 'microsoft_365_administrator', language, subject);
}

export const APPROVAL: readonly AadstsEntry[] = [
	{
		numbers: [65004],
		words: (subject, language) => say('declined', 'visitor', language, subject),
	},
	{
		numbers: [65001],
		words: (subject, language) => say('permission_not_given', 'visitor', language, subject),
	},
	{ numbers: [90094], words: approvalNeeded },
	{
		numbers: [90095],
		words: () => ({
			who: 'microsoft_365_administrator',
			title: 'An administrator has to answer your request',
			explanation:
				'Microsoft offered a form to ask an administrator of your organisation for approval. If you sent it, the administrator has been told.',
			next_step:
				'Wait for the approval, then press “Sign in with Microsoft” again. Administrators find the request in the Microsoft Entra admin center > Enterprise apps > Admin consent requests. If you did not send the form, send the approval link below.',
		}),
	},
	{
		numbers: [90008],
		words: () => ({
			who: 'microsoft_365_administrator',
			title: 'Signing in here has not been approved yet',
			explanation: 'Your organisation has not even allowed this application to sign people in.',
			next_step:
				'Send the approval link below to your Microsoft 365 administrator. If it still fails after the approval, tell the operator of this page. For the operator: the app registration must list the delegated permissions openid and profile.',
		}),
	},
	{
		numbers: [650052, 500011],
		words: ({ mailbox }) => ({
			who: 'microsoft_365_administrator',
			title: 'Microsoft found no mail service in your organisation',
			explanation: `Exchange Online, Microsoft’s mail service, was not found in the organisation of the account that signed in. So it cannot hold ${mailbox}.`,
			next_step:
				'Ask your Microsoft 365 administrator whether the organisation has Exchange Online: Microsoft 365 admin center > Billing > Your products. If it has, tell the operator of this page. For the operator: MICROSOFT_CLOUD may name the wrong cloud.',
		}),
	},
	{
		numbers: [500014],
		words: ({ mailbox }) => ({
			who: 'microsoft_365_administrator',
			title: 'The mail service is switched off in your organisation',
			explanation: `Exchange Online, Microsoft’s mail service, is switched off where ${mailbox} belongs. Most often a subscription has ended.`,
			next_step:
				'Ask your Microsoft 365 administrator to look in the Microsoft 365 admin center > Billing > Your products. If the subscription is active, look in the Microsoft Entra admin center > Enterprise apps > Office 365 Exchange Online > Properties. “Enabled for users to sign in?” must be Yes.',
		}),
	},
	{
		numbers: [7000229],
		words: () => ({
			who: 'microsoft_365_administrator',
			title: 'The application was removed from your organisation',
			explanation:
				'Microsoft finds no entry for this application in your organisation. It was never approved there, or an administrator has removed it.',
			next_step:
				'Ask your Microsoft 365 administrator to approve the application again, with the approval link that this page gives. For the administrator: afterwards it is listed in the Microsoft Entra admin center > Enterprise apps.',
		}),
	},
	{
		numbers: [650051],
		words: () => ({
			who: 'microsoft_365_administrator',
			title: 'Microsoft cannot add the application to your organisation',
			explanation:
				'An organisation that nobody manages at Microsoft yet takes no applications. A left-over entry of the application can be the reason too.',
			next_step:
				'Ask your Microsoft 365 administrator to take over the organisation, by proving to Microsoft that its domain is yours. If it is managed already, remove the application in the Microsoft Entra admin center > Enterprise apps, and approve it again.',
		}),
	},
	{
		numbers: [50105],
		words: (_subject, language) =>
			say('account_not_assigned', 'microsoft_365_administrator', language, {}),
	},
	{
		numbers: [7000112, 70001],
		words: () => ({
			who: 'microsoft_365_administrator',
			title: 'The application is switched off',
			explanation:
				'This page’s application has been switched off, most likely for your organisation alone.',
			next_step:
				'Ask your Microsoft 365 administrator to look in the Microsoft Entra admin center > Enterprise apps > this application > Properties. “Enabled for users to sign in?” must be Yes. If it is, tell the operator of this page and add the details below.',
		}),
	},
	{
		numbers: [1000031],
		words: () => ({
			who: 'microsoft_365_administrator',
			title: 'The application cannot be used at the moment',
			explanation:
				'Microsoft says that this application is not available in your organisation now.',
			next_step:
				'Ask your Microsoft 365 administrator to look in the Microsoft Entra admin center > Enterprise apps > this application. The failed sign-in, with its reason, is under Sign-in logs.',
		}),
	},
];
