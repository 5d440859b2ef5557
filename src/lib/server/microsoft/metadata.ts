// Microsoft's public metadata: the issuer of ID tokens, and which tenant owns a mail domain.

import { cloudOfMetadata, type CloudName } from '../../domain/cloud.ts';
import { discoveryEndpoint, type Authority } from './authority.ts';
import { getJson, type Fetch } from './http.ts';
import { MicrosoftError } from './microsoft-error.ts';

/** Interactive: a visitor waits for it. */
const METADATA_TIMEOUT_MS = 10_000;

const GUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export function isGuid(text: string): boolean {
	return GUID.test(text);
}

/**
 * The issuer that ID tokens must name, with `{tenantid}` in it where the authority serves many tenants.
 * Throws `MicrosoftError`.
 */
async function fetchIssuer(authority: Authority, fetch: Fetch): Promise<string> {
	const { status, body } = await getJson(discoveryEndpoint(authority.base, authority.tenant), {
		fetch,
		timeoutMs: METADATA_TIMEOUT_MS,
	});
	const { issuer } = body;
	// An empty one would be kept for as long as the process lives.
	if (status !== 200 || typeof issuer !== 'string' || !URL.canParse(issuer)) {
		throw new MicrosoftError('unreachable', { cause: new Error(`metadata: HTTP ${status}`) });
	}
	return issuer;
}

/** What time it is at Microsoft, by the header `Date` (RFC 9110, 6.6.1): whole seconds. Throws `MicrosoftError`. */
export async function fetchServerTime(authority: Authority, fetch: Fetch): Promise<Date> {
	const { headers } = await getJson(discoveryEndpoint(authority.base, authority.tenant), {
		fetch,
		timeoutMs: METADATA_TIMEOUT_MS,
	});
	const at = new Date(headers.get('date') ?? '');
	if (!Number.isNaN(at.getTime())) return at;
	throw new MicrosoftError('unreachable', { cause: new Error('metadata without a date') });
}

/** Microsoft's issuers do not change while a process lives; a failed look-up is tried again at the next use. */
export function createIssuerSource(authority: Authority, fetch: Fetch): () => Promise<string> {
	let known: string | undefined;
	return async () => (known ??= await fetchIssuer(authority, fetch));
}

export type DomainOwner =
	| { kind: 'tenant'; tenantId: string }
	| { kind: 'not_at_microsoft' }
	/** Its tenant lives in another cloud than the one that was asked, so nobody of it can sign in here. */
	| { kind: 'other_cloud'; cloud: CloudName };

/**
 * Which tenant owns a mail domain. Microsoft answers with that tenant's issuer, or with 400 for a domain
 * that it does not know (AADSTS90002). Throws `MicrosoftError` when the look-up failed for the moment.
 */
export async function fetchDomainOwner(
	{ base, cloud }: { base: string; cloud: CloudName },
	domain: string,
	fetch: Fetch,
): Promise<DomainOwner> {
	const { status, body } = await getJson(discoveryEndpoint(base, domain), {
		fetch,
		timeoutMs: METADATA_TIMEOUT_MS,
	});
	if (status === 400) return { kind: 'not_at_microsoft' };
	const issuer = body['issuer'];
	const tenantId = typeof issuer === 'string' ? tenantIdOf(issuer) : undefined;
	if (status !== 200 || tenantId === undefined) {
		throw new MicrosoftError('unreachable', { cause: new Error(`metadata: HTTP ${status}`) });
	}
	const itsCloud = cloudOfMetadata(body['cloud_instance_name'], body['tenant_region_sub_scope']);
	if (itsCloud !== undefined && itsCloud !== cloud) return { kind: 'other_cloud', cloud: itsCloud };
	return { kind: 'tenant', tenantId };
}

function tenantIdOf(issuer: string): string | undefined {
	return issuer
		.toLowerCase()
		.split('/')
		.find((segment) => isGuid(segment));
}
