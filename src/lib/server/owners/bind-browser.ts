// The session by which a browser is known again. One that was replaced begins nothing: the browser gets a new one.

import type { VisitorStore } from './session-store.ts';
import type { Session, SessionCookie, Sessions } from './sessions.ts';

export async function bindBrowser(
	context: { now: () => Date; sessions: Sessions; visitors: VisitorStore },
	session: Session | undefined,
): Promise<{ session: Session; cookie: SessionCookie | undefined }> {
	if (session?.access === 'full') return { session, cookie: undefined };
	return context.sessions.issue(await context.visitors.add(context.now()));
}
