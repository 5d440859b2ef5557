// The browser's session, by Lucia, and nothing of Lucia anywhere else. The cookie holds 256 random bits;
// the database holds only their SHA-256, so a copy of it signs nobody in.

import { createHash, randomBytes } from 'node:crypto';
import { Lucia, TimeSpan, type Adapter } from 'lucia';

export type Session = {
	id: string;
	visitorId: string;
	/** `read_only` once the browser got a new session after a sign-in. */
	access: 'full' | 'read_only';
};

export type SessionCookie = {
	name: string;
	value: string;
	attributes: {
		path: string;
		httpOnly: true;
		secure: boolean;
		sameSite: 'lax';
		maxAge: number;
	};
};

export type Sessions = {
	cookieName: string;
	/** Of a cookie's value; undefined for what cannot be one of ours. */
	idOf(cookieValue: string | undefined): string | undefined;
	/** Undefined when it is not, or no longer, one of ours. */
	find(id: string): Promise<Session | undefined>;
	issue(visitorId: string): Promise<{ session: Session; cookie: SessionCookie }>;
	/** From now on the cookie's value is worth nothing. The cookie by which the browser forgets it. */
	end(session: Session | undefined): Promise<SessionCookie>;
};

declare module 'lucia' {
	interface Register {
		Lucia: Lucia<{ replacedAt: Date | null }>;
		DatabaseSessionAttributes: { replacedAt: Date | null; replacedBy: string | null };
	}
}

/** Twelve hours at most, however much it is used. */
const SESSION_HOURS = 12;

export function createSessions(options: {
	adapter: Adapter;
	origin: string;
	now: () => Date;
}): Sessions {
	const secure = options.origin.startsWith('https:');
	// Browsers accept `__Host-` only with Secure, Path=/ and no Domain: no other host can have set it.
	const cookieName = secure ? '__Host-mailkey' : 'mailkey';
	const lucia = new Lucia(options.adapter, {
		sessionExpiresIn: new TimeSpan(SESSION_HOURS, 'h'),
		sessionCookie: { name: cookieName, attributes: { secure, sameSite: 'lax', path: '/' } },
		getSessionAttributes: ({ replacedAt }) => ({ replacedAt }),
	});
	const cookieOf = (value: string, maxAge: number): SessionCookie => ({
		name: cookieName,
		value,
		attributes: { path: '/', httpOnly: true, secure, sameSite: 'lax', maxAge },
	});
	return {
		cookieName,
		idOf(cookieValue) {
			if (cookieValue === undefined || !/^[A-Za-z0-9_-]{43}$/.test(cookieValue)) return undefined;
			return sessionId(cookieValue);
		},
		async find(id) {
			const { session } = await lucia.validateSession(id);
			if (session === null || session.expiresAt <= options.now()) return undefined;
			const access = session.replacedAt === null ? 'full' : 'read_only';
			return { id: session.id, visitorId: session.userId, access };
		},
		async issue(visitorId) {
			const value = randomBytes(32).toString('base64url');
			const id = sessionId(value);
			await lucia.createSession(
				visitorId,
				{ replacedAt: null, replacedBy: null },
				{ sessionId: id },
			);
			return {
				session: { id, visitorId, access: 'full' },
				cookie: cookieOf(value, SESSION_HOURS * 3600),
			};
		},
		async end(session) {
			if (session) await lucia.invalidateSession(session.id);
			return cookieOf('', 0);
		},
	};
}

function sessionId(cookieValue: string): string {
	return createHash('sha256').update(cookieValue).digest('hex');
}
