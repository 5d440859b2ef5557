// Sign-ins that stood at `confirm` for too long end, and their sealed token sets with them.

import type { ConfirmStore } from './confirm-store.ts';
import { SIGN_IN_LIFETIME_MS } from '../durations.ts';

export async function endOldConfirms(context: {
	now: () => Date;
	confirms: ConfirmStore;
}): Promise<void> {
	await context.confirms.endOld(new Date(context.now().getTime() - SIGN_IN_LIFETIME_MS));
}
