// Microsoft's numbers about rules of the visitor's organisation: other organisations, devices,
// Conditional Access, risk.

import { said } from '../say.ts';
import type { AadstsEntry } from './entry.ts';

export const POLICIES: readonly AadstsEntry[] = [
	{
		numbers: [500212, 500213, 500021, 500022],
		words: said('microsoft_365_administrator', 'cross_tenant_rule'),
	},
	{
		numbers: [50097, 50129, 53000, 53001, 530002, 530003],
		words: said('microsoft_365_administrator', 'managed_device'),
	},
	{
		// All of Conditional Access: 53002, 53005 and 53009 ask for certain apps, 53010 for a certain place.
		numbers: [50131, 53003, 530032, 53002, 53005, 53006, 53007, 53008, 53009, 53010],
		words: said('microsoft_365_administrator', 'blocked_by_rule'),
	},
	{
		numbers: [530035, 53004, 53011],
		words: said('microsoft_365_administrator', 'risk_seen'),
	},
];
