// The table of Microsoft's clouds: written once more here, because a slip in it would meet only that cloud's customers.

import { expect, test } from 'vitest';
import {
	CLOUD_NAMES,
	cloudOfMetadata,
	CLOUDS,
	IDENTITY_SCOPES,
	mailScopes,
} from '../../src/lib/domain/cloud.ts';

test.each([
	[
		'global',
		'microsoftonline.com',
		'https://login.microsoftonline.com',
		'https://outlook.office.com/',
		'outlook.office365.com',
		'smtp.office365.com',
	],
	[
		'us-gov',
		'microsoftonline.us',
		'https://login.microsoftonline.us',
		'https://outlook.office365.us/',
		'outlook.office365.us',
		'outlook.office365.us',
	],
	[
		'us-dod',
		'microsoftonline.us',
		'https://login.microsoftonline.us',
		'https://outlook-dod.office365.us/',
		'outlook-dod.office365.us',
		'outlook-dod.office365.us',
	],
	[
		'china',
		'partner.microsoftonline.cn',
		'https://login.partner.microsoftonline.cn',
		'https://partner.outlook.cn/',
		'partner.outlook.cn',
		'smtp.partner.outlook.cn',
	],
] as const)('%s', (name, instanceName, loginBase, scopePrefix, readHost, sendHost) => {
	expect(CLOUDS[name]).toEqual({
		loginBase,
		instanceName,
		scopePrefix,
		mail: {
			imap: { security: 'tls', host: readHost, port: 993 },
			pop: { security: 'tls', host: readHost, port: 995 },
			smtp: { security: 'starttls', host: sendHost, port: 587 },
		},
	});
});

test.each([
	['microsoftonline.com', undefined, 'global'],
	['microsoftonline.com', 'GCC', 'global'],
	['microsoftonline.us', 'DODCON', 'us-gov'],
	['microsoftonline.us', 'DOD', 'us-dod'],
	['partner.microsoftonline.cn', undefined, 'china'],
	['practice', undefined, undefined],
	[undefined, 'DOD', undefined],
	[['microsoftonline.us'], 'DOD', undefined],
])('metadata of %s, %s is of the cloud %s', (instance, subScope, cloud) => {
	expect(cloudOfMetadata(instance, subScope)).toBe(cloud);
});

test('every cloud has a name that can be configured', () => {
	expect([...CLOUD_NAMES].sort()).toEqual(Object.keys(CLOUDS).sort());
});

test('asks for the three rights of Exchange by their full names, and for a refresh token', () => {
	expect(mailScopes(CLOUDS.global.scopePrefix)).toEqual([
		'https://outlook.office.com/IMAP.AccessAsUser.All',
		'https://outlook.office.com/POP.AccessAsUser.All',
		'https://outlook.office.com/SMTP.Send',
	]);
	expect(IDENTITY_SCOPES).toEqual(['openid', 'profile', 'email', 'offline_access']);
});
