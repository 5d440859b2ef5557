// Where Microsoft is: every URL follows from the configured base and tenant alone, by Entra's v2.0
// paths. Metadata names endpoints too, but no answer from outside may choose where we connect to.

export type Authority = {
	/** `https://login.microsoftonline.com`, another cloud's, or another provider's with the same paths. */
	base: string;
	/** `organizations`, `common` or a tenant id. */
	tenant: string;
};

export function authorizationEndpoint({ base, tenant }: Authority): string {
	return `${base}/${tenant}/oauth2/v2.0/authorize`;
}

export function tokenEndpoint({ base, tenant }: Authority): string {
	return `${base}/${tenant}/oauth2/v2.0/token`;
}

export function keysEndpoint({ base, tenant }: Authority): string {
	return `${base}/${tenant}/discovery/v2.0/keys`;
}

export function logoutEndpoint({ base, tenant }: Authority): string {
	return `${base}/${tenant}/oauth2/v2.0/logout`;
}

/** Where an administrator approves. Not for `common`: it takes a tenant or `organizations`. */
export function adminConsentEndpoint(base: string, tenant: string): string {
	return `${base}/${encodeURIComponent(tenant)}/v2.0/adminconsent`;
}

/** `tenant` may also be a mail domain: then the issuer holds the id of the tenant that owns it. */
export function discoveryEndpoint(base: string, tenant: string): string {
	return `${base}/${encodeURIComponent(tenant)}/v2.0/.well-known/openid-configuration`;
}

/** Plain http is for test providers on this machine only. */
export function isPlainHttp({ base }: Authority): boolean {
	return base.startsWith('http:');
}
