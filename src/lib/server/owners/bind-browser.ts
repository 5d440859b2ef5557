// The session by which a browser is known again. One that was replaced begins nothing: the browser gets a new one.

import type { VisitorStore } from './session-store.ts';
import type { Session, SessionCookie, Sessions } from './sessions.ts';

type Context = { now: () => Date; sessions: Sessions; visitors: VisitorStore };
type Bound = { session: Session; cookie: SessionCookie | undefined };

export async function bindBrowser(context: Context, session: Session | undefined): Promise<Bound> {
	if (session?.access === 'full') return { session, cookie: undefined };
	return context.sessions.issue(await context.visitors.add(context.now()));
}

/** Issued again when the person becomes known; who is known to be this person already keeps it. */
export async function sessionOfAccount(
	{ now, sessions, visitors }: Context,
	session: Session,
	account: { tenantId: string; objectId: string },
): Promise<Bound> {
	const visitorId = await visitors.saveAccount(account, now());
	if (session.visitorId === visitorId) return { session, cookie: undefined };
	return sessions.issue(visitorId);
}
