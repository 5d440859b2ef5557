// Microsoft's numbers about rules of the visitor's organisation: other organisations, devices,
// Conditional Access, risk.

import type { AadstsEntry } from './entry.ts';
import { say } from '../say.ts';

export const POLICIES: readonly AadstsEntry[] = [
	{
		numbers: [500212, 500213, 500021, 500022],
		words: () => ({
			who: 'microsoft_365_administrator',
			title: 'A rule between organisations stopped the sign-in',
			explanation:
				'Your organisation, or the one that was signed in to, does not allow sign-ins between the two.',
			next_step:
				'Ask your Microsoft 365 administrator to allow it: Microsoft Entra admin center > External Identities > Cross-tenant access settings. 500212 in the details is an outbound rule, 500213 an inbound rule of the other organisation. 500021 and 500022 are tenant restrictions, set in your network’s proxy.',
		}),
	},
	{
		numbers: [50097, 50129, 53000, 53001, 530002, 530003],
		words: () => ({
			who: 'microsoft_365_administrator',
			title: 'Only devices of your organisation may sign in',
			explanation:
				'A rule of your organisation asks for a device that it manages. The connection is later renewed by this page’s server, which can never be such a device.',
			next_step:
				'Ask your Microsoft 365 administrator to exclude this application from the rule. For the administrator: Microsoft Entra admin center > Conditional Access > the policy for devices > Target resources > Exclude.',
		}),
	},
	{
		// All of Conditional Access: 53002, 53005 and 53009 ask for certain apps, 53010 for a certain place.
		numbers: [50131, 53003, 530032, 53002, 53005, 53006, 53007, 53008, 53009, 53010],
		words: (_subject, language) =>
			say('blocked_by_rule', 'microsoft_365_administrator', language, {}),
	},
	{
		numbers: [530035, 53004, 53011],
		words: () => ({
			who: 'microsoft_365_administrator',
			title: 'Microsoft took the sign-in for unsafe',
			explanation:
				'The protection that your organisation uses at Microsoft saw a risk in this sign-in or in the account.',
			next_step:
				'Send the details below to your Microsoft 365 administrator. For the administrator: see Microsoft Entra admin center > ID Protection > Risky users, and Sign-in logs. 530035 means security defaults: Overview > Properties > Manage security defaults.',
		}),
	},
];
