// What the practice Microsoft says about itself: the OpenID discovery document and its public keys.
// https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc

import type { JWK } from 'jose';
import { cloudElsewhere } from './tenants.ts';
import type { PracticeContext, PracticeRequest } from './context.ts';

// The tenant of every domain that lives in another cloud; its own metadata would say more.
const foreignTenant = '0f4a2c6e-8b1d-4e3f-9a57-c2d4e6f80b13';

// As at Entra: `organizations` and `common` answer with the literal `{tenantid}` in the issuer, a tenant id or mail
// domain with the issuer and the endpoints of its tenant.
export function discoveryDocument(
	{ tenant, tenantId }: PracticeRequest,
	{ authority }: PracticeContext,
): Record<string, unknown> {
	const base = `${authority}/${tenantId ?? tenant}`;
	const elsewhere = cloudElsewhere(tenant);
	return {
		token_endpoint: `${base}/oauth2/v2.0/token`,
		token_endpoint_auth_methods_supported: [
			'client_secret_post',
			'private_key_jwt',
			'client_secret_basic',
		],
		token_endpoint_auth_signing_alg_values_supported: ['PS256'],
		jwks_uri: `${base}/discovery/v2.0/keys`,
		response_modes_supported: ['fragment'],
		subject_types_supported: ['pairwise'],
		id_token_signing_alg_values_supported: ['RS256'],
		response_types_supported: ['code'],
		scopes_supported: ['openid', 'profile', 'email', 'offline_access'],
		issuer: `${authority}/${elsewhere ? foreignTenant : (tenantId ?? '{tenantid}')}/v2.0`,
		request_uri_parameter_supported: false,
		authorization_endpoint: `${base}/oauth2/v2.0/authorize`,
		code_challenge_methods_supported: ['S256'],
		claims_supported: [
			...['sub', 'iss', 'aud', 'exp', 'iat', 'nbf', 'nonce', 'ver', 'tid', 'oid'],
			...['name', 'preferred_username', 'email', 'verified_primary_email', 'login_hint'],
		],
		tenant_region_scope: null,
		...(elsewhere && { tenant_region_sub_scope: elsewhere.subScope }),
		cloud_instance_name: elsewhere?.instance ?? 'practice',
	};
}

type EntraKey = JWK & { issuer: string };

// Each key carries the issuer that it may sign for, as at Entra.
export function publicKeys(
	{ tenantId }: PracticeRequest,
	{ authority, keys }: PracticeContext,
): { keys: EntraKey[] } {
	const { kty = '', n = '', e = '', kid = '' } = keys.signingKey;
	const issuer = `${authority}/${tenantId ?? '{tenantid}'}/v2.0`;
	return { keys: [{ kty, use: 'sig', alg: 'RS256', kid, n, e, issuer }] };
}
