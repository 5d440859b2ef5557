// The columns of a sign-in that hold something at `confirm` alone: cleared at each way out of it.

import { sql } from 'drizzle-orm';

export const NOTHING_STANDS = sql.raw(`
	tenant_id = null, object_id = null, scopes = null, sealed_refresh_token = null,
	sealed_access_token = null, access_token_expires_at = null, tokens_received_at = null,
	trying_since = null, tries = null`);
