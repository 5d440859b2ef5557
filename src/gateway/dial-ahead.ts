// The way to a mail server is begun while the helper is asked: to where the same identifier led the last time at the
// same client address. A guess has no last time. Nothing is said on it before the helper has answered.

import type { MailProtocol } from '../lib/domain/mail-protocol.ts';
import { setNewest } from '../lib/domain/set-newest.ts';
import type { Dialer, OpenDial } from './dial.ts';
import type { UpstreamServer } from './protocol.ts';

export type DialAhead = (login: {
	identifier: string;
	clientAddress: string;
	protocol: MailProtocol;
}) => DialBegun;

export type DialBegun = {
	/** What was begun, if it leads there and still stands; else a new one. */
	takeTo(server: UpstreamServer): OpenDial;
	/** Nobody logs in. */
	drop(): void;
};

type Place = Pick<UpstreamServer, 'host' | 'port' | 'security'>;

const MAX_REMEMBERED = 50_000;
/** Servers close a connection on which nothing is said for a minute or so. */
const WAIT_MS = 10_000;
const LOGIN_LIMIT_MS = 30_000;

export function createDialAhead(dial: Dialer): DialAhead {
	/** Most recently used last. */
	const places = new Map<string, Place>();

	return ({ identifier, clientAddress, protocol }) => {
		const key = `${clientAddress} ${protocol} ${identifier}`;
		const last = places.get(key);
		const begun = last && begin(dial, last);
		return {
			takeTo({ host, port, security }) {
				const place = { host, port, security };
				setNewest(places, key, place, MAX_REMEMBERED);
				if (begun?.isOpen() && last && isSame(last, place)) {
					begun.limit(LOGIN_LIMIT_MS);
					return begun;
				}
				begun?.hangUp();
				return dial(place, LOGIN_LIMIT_MS);
			},
			drop() {
				places.delete(key);
				begun?.hangUp();
			},
		};
	};
}

function begin(dial: Dialer, place: Place): OpenDial {
	const line = dial(place, WAIT_MS);
	const opening = place.security === 'tls' ? line.inTls() : line.inClear();
	// Whoever takes it hears of it.
	opening.catch(() => undefined);
	return line;
}

function isSame(one: Place, other: Place): boolean {
	return one.host === other.host && one.port === other.port && one.security === other.security;
}
