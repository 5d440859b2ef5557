// Microsoft's clouds: where people sign in, the prefix of Exchange's scopes, and the mail hosts.
// Each needs an app registration of its own. `us-dod` and `china` are rows that nobody here could try.
// Sources: learn.microsoft.com "authentication-national-cloud", "how-to-authenticate-an-imap-pop-smtp-
// application-by-using-oauth", and the endpoint lists of each cloud.

import {
	mapProtocols,
	MAIL_PROTOCOLS,
	PROTOCOL_FACTS,
	type MailProtocol,
	type MailServers,
} from './mail-protocol.ts';

export type CloudName = 'global' | 'us-gov' | 'us-dod' | 'china';

export type Cloud = {
	loginBase: string;
	/** `cloud_instance_name` in Microsoft's public metadata. The two clouds of the USA share theirs. */
	instanceName: string;
	scopePrefix: string;
	mail: MailServers;
};

export const CLOUDS: Record<CloudName, Cloud> = {
	global: {
		loginBase: 'https://login.microsoftonline.com',
		instanceName: 'microsoftonline.com',
		scopePrefix: 'https://outlook.office.com/',
		mail: mailServers('outlook.office365.com', 'smtp.office365.com'),
	},
	'us-gov': {
		loginBase: 'https://login.microsoftonline.us',
		instanceName: 'microsoftonline.us',
		scopePrefix: 'https://outlook.office365.us/',
		mail: mailServers('outlook.office365.us', 'outlook.office365.us'),
	},
	'us-dod': {
		loginBase: 'https://login.microsoftonline.us',
		instanceName: 'microsoftonline.us',
		scopePrefix: 'https://outlook-dod.office365.us/',
		mail: mailServers('outlook-dod.office365.us', 'outlook-dod.office365.us'),
	},
	china: {
		loginBase: 'https://login.partner.microsoftonline.cn',
		instanceName: 'partner.microsoftonline.cn',
		scopePrefix: 'https://partner.outlook.cn/',
		mail: mailServers('partner.outlook.cn', 'smtp.partner.outlook.cn'),
	},
};

export const CLOUD_NAMES: readonly CloudName[] = ['global', 'us-gov', 'us-dod', 'china'];

/**
 * The cloud that metadata speaks of; undefined when it is none of these. `tenant_region_sub_scope` tells DoD
 * from GCC High (seen in Microsoft's answers, and not documented).
 */
export function cloudOfMetadata(instanceName: unknown, subScope: unknown): CloudName | undefined {
	if (instanceName === CLOUDS['us-gov'].instanceName && subScope === 'DOD') return 'us-dod';
	return CLOUD_NAMES.find((name) => CLOUDS[name].instanceName === instanceName);
}

/** Who somebody is, and nothing else. */
export const VISIT_SCOPES = ['openid', 'profile'] as const;

/** What is asked for besides mail: who signs in (`openid profile email`), and a refresh token. */
export const IDENTITY_SCOPES = ['openid', 'profile', 'email', 'offline_access'] as const;

/** The delegated rights of Exchange Online: one identifier serves every protocol that its site uses. */
export function mailScopes(
	scopePrefix: string,
	protocols: readonly MailProtocol[] = MAIL_PROTOCOLS,
): string[] {
	return protocols.map((protocol) => scopePrefix + PROTOCOL_FACTS[protocol].right);
}

/** What a token set may be used for. By the last part of the scope, as its prefix differs from cloud to cloud. */
export function grantedProtocols(scopes: readonly string[]): MailProtocol[] {
	const rights = new Set(scopes.map((scope) => scope.slice(scope.lastIndexOf('/') + 1)));
	return MAIL_PROTOCOLS.filter((protocol) => rights.has(PROTOCOL_FACTS[protocol].right));
}

/** What may be asked for behind a stored token: what its site uses, of what was granted. */
export function refreshableProtocols(
	used: readonly MailProtocol[],
	scopes: readonly string[],
): readonly MailProtocol[] {
	const granted = grantedProtocols(scopes);
	const both = granted.filter((protocol) => used.includes(protocol));
	// A site that has changed to others keeps what it had alive, should it change back.
	return both.length > 0 ? both : granted;
}

/** What its site uses and was not granted: somebody has to sign in again for it. */
export function missingRights(
	used: readonly MailProtocol[],
	scopes: readonly string[],
): MailProtocol[] {
	const granted = grantedProtocols(scopes);
	return used.filter((protocol) => !granted.includes(protocol));
}

function mailServers(readHost: string, sendHost: string): MailServers {
	return mapProtocols((protocol) => {
		const { use, schemes } = PROTOCOL_FACTS[protocol];
		const [{ security, port }] = schemes;
		return { security, host: use === 'send' ? sendHost : readHost, port };
	});
}
