// The secret that signs a site's webhooks: made, sealed for its row, and opened to sign.

import { formatWebhookSecret, WEBHOOK_SECRET_BYTES } from '../webhooks/sign-webhook.ts';
import type { Services } from '../app/services.ts';
import type { SealedSecret } from './delivery-store.ts';

const ROW_ID_BYTES = 16;

/** `secret` is shown once. */
export function makeWebhookSecret(
	{ vault, randomBytes }: Pick<Services, 'vault' | 'randomBytes'>,
	siteId: number,
): { secret: string; sealed: SealedSecret } {
	const id = randomBytes(ROW_ID_BYTES).toString('base64url');
	const secret = formatWebhookSecret(randomBytes(WEBHOOK_SECRET_BYTES));
	return { secret, sealed: { id, siteId, sealed: vault.seal(secret, placeOf(id, siteId)) } };
}

/** Throws `OpenError`. */
export function openWebhookSecret(
	{ vault }: Pick<Services, 'vault'>,
	{ id, siteId, sealed }: SealedSecret,
): string {
	return vault.open(sealed, placeOf(id, siteId));
}

function placeOf(row: string, site: number) {
	return { table: 'webhook_secrets', column: 'sealed_secret', row, site, mailbox: '' };
}
