// Access tokens for the tests of the mail servers: a practice Microsoft, at which anybody can sign in, and no helper.

import { randomBytes } from 'node:crypto';
import { CLOUDS, IDENTITY_SCOPES, mailScopes } from '../../src/lib/domain/cloud.ts';
import { MAIL_PROTOCOLS } from '../../src/lib/domain/mail-protocol.ts';
import type { MailboxAccess } from '../../src/lib/server/mailbox-checks/check-mailbox.ts';
import { createTokenEndpoint } from '../../src/lib/server/microsoft/token-endpoint.ts';
import {
	startPracticeMicrosoft,
	type PracticeMicrosoft,
} from '../../src/practice/microsoft/practice-microsoft.ts';
import { returnOf } from '../../src/practice/microsoft/sign-in-at-microsoft.ts';

export type MailTokens = {
	microsoft: PracticeMicrosoft;
	now: () => Date;
	advance: (ms: number) => void;
	/** To `mailbox`, by a token of whoever signs in. */
	access(mailbox: string, signedInAs?: string): Promise<MailboxAccess>;
	close(): Promise<void>;
};

export async function openMailTokens(): Promise<MailTokens> {
	let offset = 0;
	const now = () => new Date(Date.now() + offset);
	const client = {
		id: 'c0ffee00-0000-4000-8000-000000000004',
		secret: 'mail-tokens-secret',
		redirectUri: 'http://localhost:3000/microsoft365_oauth.html',
	};
	const microsoft = await startPracticeMicrosoft({ directory: undefined, port: 0, client, now });
	const scopes = [...IDENTITY_SCOPES, ...mailScopes(CLOUDS.global.scopePrefix)];
	const authority = { base: microsoft.authority, tenant: 'organizations' };
	const endpoint = createTokenEndpoint({
		authority,
		clientId: client.id,
		credential: { kind: 'secret', secret: client.secret },
		redirectUri: client.redirectUri,
		scopesOf: () => scopes,
		now,
		fetch,
	});
	return {
		microsoft,
		now,
		advance: (ms) => {
			offset += ms;
		},
		async access(mailbox, signedInAs = mailbox) {
			const { code, codeVerifier } = await returnOf({
				authorizationEndpoint: `${microsoft.authority}/organizations/oauth2/v2.0/authorize`,
				clientId: client.id,
				redirectUri: client.redirectUri,
				scopes,
				sign_in: randomBytes(16).toString('base64url'),
				nonce: randomBytes(16).toString('base64url'),
				email: mailbox,
				choice: signedInAs,
			});
			const tokens = await endpoint.redeemCode({
				code,
				codeVerifier,
				protocols: MAIL_PROTOCOLS,
			});
			return {
				siteId: 1,
				mailbox,
				signedInAs,
				protocols: MAIL_PROTOCOLS,
				requested: MAIL_PROTOCOLS,
				scopes: tokens.scopes,
				accessToken: tokens.accessToken,
				accessTokenExpiresAt: new Date(now().getTime() + tokens.accessTokenLifetimeSeconds * 1000),
			};
		},
		close: () => microsoft.stop(),
	};
}
