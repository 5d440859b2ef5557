// Microsoft's numbers about the sign-in itself: not finished, a second proof missing, expired, revoked,
// or stopped by a fault that passes by itself.

import type { AadstsEntry } from './entry.ts';
import { say } from '../say.ts';

export const SIGN_INS: readonly AadstsEntry[] = [
	{
		numbers: [50058],
		words: () => ({
			who: 'visitor',
			title: 'You were not signed in at Microsoft',
			explanation: 'Microsoft expected you to be signed in already, and found that you were not.',
			next_step:
				'Press “Sign in with Microsoft” again and sign in on Microsoft’s page. If it happens again, allow cookies of Microsoft’s sign-in page in your browser.',
		}),
	},
	{
		numbers: [50072, 50079],
		words: (_subject, language) => say('second_proof_setup', 'visitor', language, {}),
	},
	{
		numbers: [50074, 50076, 50078],
		words: (_subject, language) => say('second_proof_missing', 'visitor', language, {}),
	},
	{
		numbers: [50158],
		words: () => ({
			who: 'visitor',
			title: 'Another service still has to confirm who you are',
			explanation:
				'Your organisation has a second proof of identity checked by a service outside Microsoft. That was not done, or was too long ago.',
			next_step:
				'Press “Sign in with Microsoft” again and confirm where you are sent. If it keeps coming back, ask your Microsoft 365 administrator to exclude this application. For the administrator: Microsoft Entra admin center > Conditional Access > the policy with a custom control or an external method.',
		}),
	},
	{
		numbers: [700003],
		words: () => ({
			who: 'visitor',
			title: 'The device of the sign-in is no longer known',
			explanation:
				'The sign-in was made on a device that your organisation has removed from its list since then.',
			next_step:
				'Press “Sign in with Microsoft” again, on a device that your organisation knows. If there is none, ask your Microsoft 365 administrator. For the administrator: Microsoft Entra admin center > Devices.',
		}),
	},
	{
		numbers: [500121],
		words: (_subject, language) => say('second_proof', 'visitor', language, {}),
	},
	{
		numbers: [50125, 50140, 50199],
		words: () => ({
			who: 'visitor',
			title: 'Microsoft still had a question',
			explanation:
				'The sign-in stopped at one of Microsoft’s own pages, for example at “Stay signed in?”.',
			next_step:
				'Press “Sign in with Microsoft” again, and answer each page until you are brought back here.',
		}),
	},
	{
		numbers: [50132, 50133, 50173, 70000],
		words: () => ({
			who: 'visitor',
			title: 'This sign-in is no longer valid',
			explanation:
				'Microsoft has ended it. That happens when the password was changed, or when an administrator ended all sign-ins of the account.',
			next_step:
				'Press “Sign in with Microsoft” again and enter the password. If Microsoft does not ask for it, use a private browser window.',
		}),
	},
	{
		numbers: [70008, 700082, 50089],
		words: () => ({
			who: 'visitor',
			title: 'The sign-in had expired',
			explanation:
				'Microsoft’s page was open for too long, or the sign-in had not been used for months.',
			next_step: 'Press “Sign in with Microsoft” to start again. Your entries are still filled in.',
		}),
	},
	{
		numbers: [70043],
		words: ({ mailbox }) => ({
			who: 'visitor',
			title: 'Your organisation asks for a new sign-in',
			explanation: `A rule of your organisation ends each sign-in after a fixed time. Whenever that happens, ${mailbox} stops working until somebody signs in again.`,
			next_step:
				'Press “Sign in with Microsoft” again. So that it does not come back, ask your Microsoft 365 administrator for an exception. For the administrator: Microsoft Entra admin center > Conditional Access > the policy with “Sign-in frequency” > exclude this application.',
		}),
	},
	{
		numbers: [54005],
		words: () => ({
			who: 'visitor',
			title: 'This sign-in was already used',
			explanation:
				'Microsoft’s confirmation works once, and it had been used before. A reload or a second click can do that.',
			next_step:
				'Reload this page to see whether the mailbox is connected. If it is not, press “Sign in with Microsoft” again.',
		}),
	},
	{
		numbers: [50196],
		words: () => ({
			who: 'nobody',
			title: 'Microsoft asked to wait',
			explanation: 'Microsoft got the same request too often within a short time.',
			next_step:
				'Wait ten minutes, then press “Sign in with Microsoft” again. If it comes back, tell the operator of this page and add the details below.',
		}),
	},
	{
		numbers: [90055, 50033, 50087, 90006, 90012, 90024, 90033, 90090, 40010, 70012, 80005],
		words: () => ({
			who: 'nobody',
			title: 'Microsoft is busy at the moment',
			explanation:
				'Microsoft’s sign-in service, or a service behind it, could not answer just now. Your entries are fine.',
			next_step: 'Wait a few minutes, then press “Sign in with Microsoft” again.',
		}),
	},
];
