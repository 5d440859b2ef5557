// The accounts at the practice Microsoft for what happens between the button and the tokens: approval, rules of the
// organisation, and rights that are missing.

import type { PracticeAccount } from './account.ts';
import { myCompany } from './tenants.ts';

export const consentAccounts: readonly PracticeAccount[] = [
	{
		username: 'needs-approval@mycompany.com',
		name: 'Nora Example',
		tenantId: myCompany.id,
		objectId: '1d0f6b0e-5b0a-4c43-8f7e-0a1b2c3d4e01',
		whatHappens:
			'Microsoft says that an administrator must approve. After the approval it signs in.',
		outcome: { kind: 'needs_approval' },
	},
	{
		username: 'asked-for-approval@mycompany.com',
		name: 'Ada Example',
		tenantId: myCompany.id,
		objectId: '1d0f6b0e-5b0a-4c43-8f7e-0a1b2c3d4e02',
		whatHappens: 'Has sent Microsoft’s request form to an administrator, who has not answered.',
		outcome: {
			kind: 'refused',
			error: 'access_denied',
			aadsts: 90095,
			description:
				'Admin consent is required for the permissions requested by this application. An admin consent request may be sent to the admin.',
		},
	},
	{
		username: 'not-permitted@mycompany.com',
		name: 'Nils Example',
		tenantId: myCompany.id,
		objectId: '1d0f6b0e-5b0a-4c43-8f7e-0a1b2c3d4e03',
		whatHappens: 'The permission was withdrawn in the very moment: no token is given.',
		outcome: {
			kind: 'refused_at_token',
			error: 'invalid_grant',
			aadsts: 65001,
			description: 'The user or administrator has not consented to use the application.',
		},
	},
	{
		username: 'second-proof@mycompany.com',
		name: 'Zoe Example',
		tenantId: myCompany.id,
		objectId: '1d0f6b0e-5b0a-4c43-8f7e-0a1b2c3d4e04',
		whatHappens: 'A second proof of identity is missing: no token is given.',
		outcome: {
			kind: 'refused_at_token',
			error: 'invalid_grant',
			aadsts: 50076,
			description:
				'Due to a configuration change made by your administrator, or because you moved to a new location, you must use multi-factor authentication.',
		},
	},
	{
		username: 'blocked@mycompany.com',
		name: 'Bo Example',
		tenantId: myCompany.id,
		objectId: '1d0f6b0e-5b0a-4c43-8f7e-0a1b2c3d4e05',
		whatHappens: 'A rule of the organisation (Conditional Access) blocks the sign-in.',
		outcome: {
			kind: 'refused',
			error: 'access_denied',
			aadsts: 53003,
			description: 'Access has been blocked by Conditional Access policies.',
		},
	},
	{
		username: 'not-assigned@mycompany.com',
		name: 'Noa Example',
		tenantId: myCompany.id,
		objectId: '1d0f6b0e-5b0a-4c43-8f7e-0a1b2c3d4e06',
		whatHappens: 'May not use the application: it was not assigned.',
		outcome: {
			kind: 'refused',
			error: 'access_denied',
			aadsts: 50105,
			description: 'The signed in user is not assigned to a role for the application.',
		},
	},
	{
		username: 'shared@mycompany.com',
		name: 'Shared mailbox',
		tenantId: myCompany.id,
		objectId: '1d0f6b0e-5b0a-4c43-8f7e-0a1b2c3d4e07',
		whatHappens:
			'A shared mailbox: nobody signs in as it. Enter it, and sign in as pat@mycompany.com.',
		mailbox: { kind: 'shared', with: ['pat@mycompany.com'] },
		outcome: {
			kind: 'refused',
			error: 'access_denied',
			aadsts: 50057,
			description: 'The user account is disabled.',
		},
	},
	{
		username: 'read-only@mycompany.com',
		name: 'Rea Example',
		tenantId: myCompany.id,
		objectId: '1d0f6b0e-5b0a-4c43-8f7e-0a1b2c3d4e08',
		whatHappens: 'Signs in, but the right to send was not granted.',
		outcome: { kind: 'signs_in', withheldRights: ['SMTP.Send'] },
	},
];
