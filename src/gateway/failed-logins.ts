// How many wrong logins a connection has seen. One password by several mechanisms is one: Thunderbird tries PLAIN, LOGIN
// and USER, and then asks for another password, for which it takes the same connection.

import { MAX_FAILURES } from './protocol.ts';
import type { SaslResult } from './sasl.ts';

export type FailedLogins = {
	add(asked: SaslResult): void;
	areTooMany(): boolean;
};

export function countFailedLogins(): FailedLogins {
	let count = 0;
	let last: SaslResult | undefined;
	return {
		add(asked) {
			if (!isRepeated(asked, last)) count += 1;
			last = asked;
		},
		areTooMany: () => count >= MAX_FAILURES,
	};
}

function isRepeated(asked: SaslResult, last: SaslResult | undefined): boolean {
	if (typeof asked === 'string' || typeof last !== 'object') return false;
	return asked.user === last.user && asked.password === last.password;
}
