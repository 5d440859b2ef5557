// What the page needs to know before anyone signs in. Nothing in it is a secret.

import type { MicrosoftClient } from '../../domain/microsoft-client.ts';
import { CLOUDS, IDENTITY_SCOPES, VISIT_SCOPES, mailScopes } from '../../domain/cloud.ts';
import type { MailServers } from '../../domain/mail-protocol.ts';
import {
	adminConsentEndpoint,
	authorizationEndpoint,
	logoutEndpoint,
	tokenEndpoint,
} from '../microsoft/authority.ts';
import { isGuid } from '../microsoft/metadata.ts';
import type { AppSettings } from '../settings/settings.ts';

export type PracticeGuide = { username: string; whatHappens: string };

export type PageSettings = {
	mode: 'live' | 'practice';
	helperName: string | undefined;
	supportUrl: string | undefined;
	privacyUrl: string | undefined;
	helperAdvice: string | undefined;
	/** Where the operator's logo is, if there is one; its bytes are in no page's data. */
	logoPath: string | undefined;
	mail: MailServers;
	/** In practice mode: who can sign in, and what happens to them. */
	practiceAccounts: readonly PracticeGuide[];
	/** The rights of all protocols: a site may use fewer. */
	microsoft: MicrosoftClient & { scopes: readonly string[] };
};

/** The redirect URI that is registered at Microsoft is this path at the helper's origin. */
export const PAGE_PATH = '/microsoft365_oauth.html';

const LOGO_PATH = '/logo';

export function pageSettings(
	settings: AppSettings,
	mode: 'live' | 'practice',
	practiceAccounts: readonly PracticeGuide[] = [],
): PageSettings {
	const { authority, clientId, cloud } = settings.microsoft;
	return {
		mode,
		helperName: settings.helperName,
		supportUrl: settings.supportUrl,
		privacyUrl: settings.privacyUrl,
		helperAdvice: settings.helperAdvice,
		logoPath: settings.helperLogo && LOGO_PATH,
		mail: settings.mail,
		practiceAccounts,
		microsoft: {
			clientId,
			authority: `${authority.base}/${authority.tenant}`,
			authorizationEndpoint: authorizationEndpoint(authority),
			tokenEndpoint: tokenEndpoint(authority),
			logoutEndpoint: logoutEndpoint(authority),
			redirectUri: settings.origin + PAGE_PATH,
			scopes: [...IDENTITY_SCOPES, ...mailScopes(CLOUDS[cloud].scopePrefix)],
			visitScopes: [...VISIT_SCOPES],
		},
	};
}

/**
 * Microsoft's page on which an administrator approves, without the state. `.default` is all that the app
 * registration lists, so that `offline_access` need not be named, of which Microsoft's page says nothing
 * (learn.microsoft.com, "v2-admin-consent", "scopes-oidc").
 */
export function approvalUrl({ microsoft, origin }: AppSettings, tenantId?: string): URL {
	const { authority, clientId, cloud } = microsoft;
	// `common` is not possible here.
	const whoever = isGuid(authority.tenant) ? authority.tenant : 'organizations';
	const url = new URL(adminConsentEndpoint(authority.base, tenantId ?? whoever));
	url.search = new URLSearchParams({
		client_id: clientId,
		scope: `${CLOUDS[cloud].scopePrefix}.default`,
		redirect_uri: origin + PAGE_PATH,
	}).toString();
	return url;
}

/** The page, opened by a link of the helper's own. */
export function linkUrl(origin: string, opaque: string): string {
	return `${origin}${PAGE_PATH}?${new URLSearchParams({ link: opaque }).toString()}`;
}
