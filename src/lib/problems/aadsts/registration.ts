// Microsoft's numbers about this helper: its app registration, its credential, what it asked for. They
// hit every site at once and only the operator can act, so the words say that it is not the visitor.

import { orElseTellOperator, tellOperator, type AadstsEntry } from './entry.ts';

const NOT_YOUR_FAULT = 'That is not your fault, and trying again does not help.';

export const REGISTRATION: readonly AadstsEntry[] = [
	{
		numbers: [700016, 700011],
		words: () => ({
			who: 'operator',
			title: 'Microsoft does not know this page’s application',
			explanation: `The application was not found where it was looked for. ${NOT_YOUR_FAULT}`,
			next_step: `${tellOperator('check MICROSOFT_CLIENT_ID, MICROSOFT_CLOUD and MICROSOFT_TENANT.')} If these are right, an administrator of the organisation has to approve the application first.`,
		}),
	},
	{
		numbers: [650056, 65005, 650057],
		words: () => ({
			who: 'operator',
			title: 'This page’s application lacks rights for mail',
			explanation: `Its registration at Microsoft does not list the mail rights that it asks for. ${NOT_YOUR_FAULT}`,
			next_step: tellOperator(
				'Microsoft Entra admin center > App registrations > API permissions > Office 365 Exchange Online > Delegated. Add IMAP.AccessAsUser.All, POP.AccessAsUser.All and SMTP.Send. Organisations that have approved before must approve once more.',
			),
		}),
	},
	{
		numbers: [650054],
		words: () => ({
			who: 'operator',
			title: 'This page asks for a right that no longer exists',
			explanation: `Microsoft has removed something that this page asks for. ${NOT_YOUR_FAULT}`,
			next_step: tellOperator(
				'compare API permissions in the app registration with the guide to the registration, and check MICROSOFT_CLOUD.',
			),
		}),
	},
	{
		numbers: [70011, 28002, 28003, 700022, 700023],
		words: () => ({
			who: 'operator',
			title: 'Microsoft did not accept what this page asked for',
			explanation: `The list of rights in the request was not right. ${NOT_YOUR_FAULT}`,
			next_step: tellOperator(
				'the scopes must all be of one resource, Exchange Online. Check that MICROSOFT_CLOUD and MICROSOFT_AUTHORITY belong together.',
			),
		}),
	},
	{
		numbers: [9002332, 9001023, 90130, 9002331],
		words: () => ({
			who: 'operator',
			title: 'This page uses the wrong entrance at Microsoft',
			explanation: `Work accounts and personal accounts have different entrances, and this page’s application is not meant for the one it used. ${NOT_YOUR_FAULT}`,
			next_step: tellOperator(
				'set MICROSOFT_TENANT to organizations. Use common only if the app registration allows personal accounts as well.',
			),
		}),
	},
	{
		numbers: [50194],
		words: () => ({
			who: 'operator',
			title: 'This page’s application is for one organisation only',
			explanation: `Its registration at Microsoft does not admit accounts of other organisations. ${NOT_YOUR_FAULT}`,
			next_step: tellOperator(
				'App registrations > Authentication > Supported account types > Accounts in any organizational directory. Or set MICROSOFT_TENANT to the id of the one tenant.',
			),
		}),
	},
	{
		numbers: [90038, 900382, 900432],
		words: ({ mailbox }) => ({
			who: 'operator',
			title: 'This mailbox lives in another Microsoft cloud',
			explanation: `Microsoft keeps some organisations, such as public authorities, in clouds of their own. This page is connected to another one than ${mailbox}.`,
			next_step: tellOperator(
				'that cloud needs a registration of its own, and a helper with its own MICROSOFT_CLOUD.',
			),
		}),
	},
	{
		numbers: [50011, 500112, 900971, 70004],
		words: () => ({
			who: 'operator',
			title: 'Microsoft does not know the address of this page',
			explanation: `Microsoft sends people back only to addresses that were registered. This page’s address is not among them. ${NOT_YOUR_FAULT}`,
			next_step: tellOperator(
				'App registrations > Authentication > Web must hold ORIGIN/microsoft365_oauth.html, letter by letter, with https.',
			),
		}),
	},
	{
		numbers: [9002325, 9002326, 9002327],
		words: () => ({
			who: 'operator',
			title: 'This page is registered as the wrong kind',
			explanation: `Microsoft tells pages with a server from pages without one, and takes this one for the wrong kind. ${NOT_YOUR_FAULT}`,
			next_step: tellOperator(
				'App registrations > Authentication: the redirect URI must stand under Web, not under Single-page application. No proxy may add an Origin header to requests to Microsoft.',
			),
		}),
	},
	{
		numbers: [700084],
		words: () => ({
			who: 'operator',
			title: 'The sign-in ended after one day',
			explanation:
				'Microsoft ended it after 24 hours, because this page is registered there as the wrong kind. That is not your fault.',
			next_step: tellOperator(
				'App registrations > Authentication: move the redirect URI from Single-page application to Web. After that every mailbox has to be signed in once more.',
			),
		}),
	},
	{
		numbers: [7000222],
		words: () => ({
			who: 'operator',
			title: 'This page’s key at Microsoft has expired',
			explanation: `The secret with which this page proves itself at Microsoft had an end date, which has passed. ${NOT_YOUR_FAULT}`,
			next_step: tellOperator(
				'App registrations > Certificates & secrets. Make a new secret and set MICROSOFT_CLIENT_SECRET to its value, or use MICROSOFT_CLIENT_CERTIFICATE.',
			),
		}),
	},
	{
		numbers: [700024],
		words: () => ({
			who: 'operator',
			title: 'The clock of this page’s server is wrong',
			explanation: `Microsoft found that what this page signed is too old, or not yet in force. ${NOT_YOUR_FAULT}`,
			next_step: tellOperator(
				'set the clock of the server by NTP, and see what “mailkey doctor” says of it.',
			),
		}),
	},
	{
		numbers: [7000215, 7000218, 700025, 700027, 700021, 700030, 50012, 50027, 70002],
		words: () => ({
			who: 'operator',
			title: 'This page could not identify itself to Microsoft',
			explanation: `The key with which this page proves itself at Microsoft is wrong, missing or expired. ${NOT_YOUR_FAULT}`,
			next_step: tellOperator(
				'App registrations > Certificates & secrets. Set MICROSOFT_CLIENT_CERTIFICATE, or MICROSOFT_CLIENT_SECRET to the value of a new secret, not to its ID.',
			),
		}),
	},
	{
		numbers: [501481, 50147, 501491],
		words: () => ({
			who: 'operator',
			title: 'The two halves of the sign-in did not match',
			explanation:
				'The sign-in was begun with one secret and finished with another. A second tab, or deleted cookies, can do that.',
			next_step: `Close other tabs of this page and press “Sign in with Microsoft” once more. ${orElseTellOperator('the code verifier does not match its code challenge.')}`,
		}),
	},
	{
		numbers: [700005],
		words: () => ({
			who: 'operator',
			title: 'The sign-in ended at the wrong place at Microsoft',
			explanation: `It was begun for one organisation and finished for another. ${NOT_YOUR_FAULT}`,
			next_step: tellOperator(
				'MICROSOFT_TENANT and MICROSOFT_AUTHORITY must be the same on every instance, and must not change during a sign-in.',
			),
		}),
	},
	{
		numbers: [700054, 70005, 70007],
		words: () => ({
			who: 'operator',
			title: 'Microsoft does not allow this way of answering',
			explanation: `This page asked for an answer in a form that its registration does not allow. ${NOT_YOUR_FAULT}`,
			next_step: tellOperator(
				'this helper asks for response_type code only. Look for a proxy that changes addresses, and report it as a fault of this helper.',
			),
		}),
	},
	{
		// 90005: a login hint beside something that it must not be combined with.
		numbers: [90015, 90014, 900144, 9002313, 90005],
		words: () => ({
			who: 'operator',
			title: 'Microsoft could not read this page’s request',
			explanation: `The request was too long, or something was missing in it. ${NOT_YOUR_FAULT}`,
			next_step: tellOperator('this is a fault of this helper. Please report it with the details.'),
		}),
	},
];
