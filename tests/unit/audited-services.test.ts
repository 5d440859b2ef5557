// What is noted in the audit trail is what was written, not what was tried.

import { expect, test } from 'vitest';
import type { AuditedBy } from '../../src/lib/server/audit/audit-trail.ts';
import { auditServices } from '../../src/lib/server/app/audited-services.ts';

test.each([true, false])('a failed refresh is noted when it was saved: %s', async (saved) => {
	const noted: unknown[] = [];
	const services = auditServices(
		{
			storedTokens: { saveFailure: () => Promise.resolve(saved) },
			auditTrail: { by: (_who: AuditedBy) => (event: unknown) => void noted.push(event) },
		} as unknown as Parameters<typeof auditServices>[0],
		{ actor: 'helper' },
	);
	const leased = { siteId: 1, id: 2 } as never;
	const failure = { problem: { code: 'revoked_at_microsoft' } } as never;
	expect(await services.storedTokens.saveFailure(leased, failure)).toBe(saved);
	expect(noted).toHaveLength(saved ? 1 : 0);
});
