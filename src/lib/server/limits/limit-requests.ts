// How often one client address may begin something, and how often something may be begun for one mailbox:
// counted in PostgreSQL, as there may be many instances. What only reads is counted in memory.

import { Problem } from '../../domain/problem.ts';
import type { MailboxAddress } from '../../domain/mailbox-address.ts';
import { networkOf, type ClientAddress } from '../client-address.ts';
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
	/** Of each act, over all addresses. */
	overall: TokenBuckets;
	/** In ten minutes; 0 is no limit. */
	mostInWindow: { address: number; mailbox: number };
	/** What is full already, so that a flood of what is refused anyway costs no statement. */
	full: Map<string, Date>;
};

/** A client that floods from ever new addresses is forgotten, and counted by the database again. */
const MAX_REMEMBERED = 10_000;

/** An IPv6 /48 holds 65 536 of what counts as an address, and is one subscriber's: it may do as much as these many. */
const ADDRESSES_OF_NETWORK = 10;

export function limitRequests(
	context: LimitRequestsContext,
	address: ClientAddress,
): RequestLimits {
	const { mostInWindow, polls } = context;
	return {
		byAddress: (act) => countAddress(context, act, address),
		byMailbox: (act, mailbox) => count(context, `${act} mailbox ${mailbox}`, mostInWindow.mailbox),
		byPolls() {
			const waitSeconds = polls.take(address);
			if (waitSeconds > 0) throw tooMany(waitSeconds);
		},
	};
}

/** What is full already neither reaches the database nor takes from what all addresses have together. */
async function countAddress(
	context: LimitRequestsContext,
	act: LimitedAct,
	address: ClientAddress,
): Promise<void> {
	const most = context.mostInWindow.address;
	if (most === 0) return;
	const network = networkOf(address);
	const limits: [string, number][] = [[`${act} address ${address}`, most]];
	// First, so that what is refused for the network leaves no row for the address.
	if (network !== undefined) {
		limits.unshift([`${act} network ${network}`, most * ADDRESSES_OF_NETWORK]);
	}
	for (const [key] of limits) refuseIfFull(context, key);
	const waitSeconds = context.overall.take(act);
	if (waitSeconds > 0) throw tooMany(waitSeconds);
	for (const [key, mostOfKey] of limits) await count(context, key, mostOfKey);
}

async function count(context: LimitRequestsContext, key: string, most: number): Promise<void> {
	if (most === 0) return;
	refuseIfFull(context, key);
	const { requestCounts, full } = context;
	const now = context.now();
	const counted = await requestCounts.count(key, { most, windowMs: REQUEST_WINDOW_MS, now });
	if (counted === 'counted') return;
	if (full.size >= MAX_REMEMBERED) full.clear();
	full.set(key, counted.fullUntil);
	throw tooMany((counted.fullUntil.getTime() - now.getTime()) / 1000);
}

function refuseIfFull({ now, full }: LimitRequestsContext, key: string): void {
	const until = full.get(key);
	if (until === undefined) return;
	const leftMs = until.getTime() - now().getTime();
	if (leftMs > 0) throw tooMany(leftMs / 1000);
	full.delete(key);
}

function tooMany(seconds: number): Problem {
	return new Problem('too_many_requests', { retryAfterSeconds: Math.max(1, Math.ceil(seconds)) });
}
