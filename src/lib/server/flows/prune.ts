// Forgets what is over: sign-ins, sessions and anonymous visitors of yesterday. Stored tokens stay.

import type { VisitorStore } from '../database/session-store.ts';
import type { SignInStore } from '../database/sign-in-store.ts';
import { VISIT_RETENTION_MS } from './durations.ts';

export async function prune(context: {
	now: () => Date;
	signIns: SignInStore;
	visitors: VisitorStore;
}): Promise<void> {
	const before = new Date(context.now().getTime() - VISIT_RETENTION_MS);
	await context.signIns.prune(before);
	await context.visitors.prune(before);
}
