// How often one client address may begin something, and how often something may be begun for one mailbox:
// counted in PostgreSQL, as there may be many instances. What only reads is counted in memory.

import { Problem } from '../../domain/problem.ts';
import type { MailboxAddress } from '../../domain/mailbox-address.ts';
import type { ClientAddress } from '../client-address.ts';
import type { RequestCountStore } from './request-count-store.ts';
import { REQUEST_WINDOW_MS } from '../durations.ts';
import type { TokenBuckets } from './token-buckets.ts';

/** Each is counted for itself. */
export type LimitedAct = 'start' | 'code' | 'confirm' | 'check' | 'approval_link' | 'look_up';

/** For one client address. Each throws `Problem` `too_many_requests`. */
export type RequestLimits = {
	byAddress(act: LimitedAct): Promise<void>;
	byMailbox(act: LimitedAct, mailbox: MailboxAddress): Promise<void>;
	/** Of asking what became of a sign-in. */
	byPolls(): void;
};

export type LimitRequestsContext = {
	now: () => Date;
	requestCounts: RequestCountStore;
	polls: TokenBuckets;
	/** In ten minutes; 0 is no limit. */
	mostInWindow: { address: number; mailbox: number };
	/** What is full already, so that a flood of what is refused anyway costs no statement. */
	full: Map<string, Date>;
};

/** Whoever floods from ever new addresses is forgotten, and counted by the database again. */
const MAX_REMEMBERED = 10_000;

export function limitRequests(
	context: LimitRequestsContext,
	address: ClientAddress,
): RequestLimits {
	const { mostInWindow, polls } = context;
	return {
		byAddress: (act) => count(context, `${act} address ${address}`, mostInWindow.address),
		byMailbox: (act, mailbox) => count(context, `${act} mailbox ${mailbox}`, mostInWindow.mailbox),
		byPolls() {
			const waitSeconds = polls.take(address);
			if (waitSeconds > 0) throw tooMany(waitSeconds);
		},
	};
}

async function count(context: LimitRequestsContext, key: string, most: number): Promise<void> {
	if (most === 0) return;
	const { requestCounts, full } = context;
	const now = context.now();
	const until = full.get(key);
	if (until !== undefined && until > now) throw tooMany((until.getTime() - now.getTime()) / 1000);
	full.delete(key);
	const counted = await requestCounts.count(key, { most, windowMs: REQUEST_WINDOW_MS, now });
	if (counted === 'counted') return;
	if (full.size >= MAX_REMEMBERED) full.clear();
	full.set(key, counted.fullUntil);
	throw tooMany((counted.fullUntil.getTime() - now.getTime()) / 1000);
}

function tooMany(seconds: number): Problem {
	return new Problem('too_many_requests', { retryAfterSeconds: Math.max(1, Math.ceil(seconds)) });
}
