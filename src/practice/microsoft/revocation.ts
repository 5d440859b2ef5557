// "Revoke sessions" at the practice Microsoft: what was issued to somebody until then is good for nothing any more.

import type { EntraFault } from './entra-refusal.ts';
import type { PracticeContext } from './context.ts';
import type { Grant } from './sealed-grant.ts';

export function isRevoked(
	{ username, issuedAt }: Grant,
	{ revokedAt }: Pick<PracticeContext, 'revokedAt'>,
): boolean {
	const at = revokedAt.get(username);
	return at !== undefined && issuedAt <= at;
}

export const revokedGrant: EntraFault = {
	error: 'invalid_grant',
	aadsts: 50173,
	description:
		'The provided grant has expired due to it being revoked, a fresh auth token is needed.',
};
