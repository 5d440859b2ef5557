// How often one client address may begin something, and how often something may be begun for one mailbox:
// counted in PostgreSQL, as there may be many instances. What only reads is counted in memory.

import type { MailboxAddress } from '../../domain/mailbox-address.ts';
import { setNewest } from '../../domain/set-newest.ts';
import { networkOf, type ClientAddress } from '../client-address.ts';
import { REQUEST_WINDOW_MS } from '../durations.ts';
import { takeOrThrow, tooManyRequests } from './token-buckets.ts';
import type { Services } from '../app/services.ts';

/** Each is counted for itself. */
export type LimitedAct =
	'start' | 'site' | 'code' | 'confirm' | 'check' | 'return' | 'approval_link' | 'look_up';

/** For one client address. Each throws `Problem` `too_many_requests`. */
export type RequestLimits = {
	byAddress(act: LimitedAct): Promise<void>;
	/** What was counted for the address just now is not counted after all. */
	release(act: LimitedAct): Promise<void>;
	byMailbox(act: LimitedAct, mailbox: MailboxAddress): Promise<void>;
	/** Of asking what became of a sign-in. */
	byPolls(): void;
};

export type LimitRequestsContext = Pick<
	Services,
	'now' | 'requestCounts' | 'polls' | 'overall' | 'maxInWindow' | 'fullWindows'
>;

/** A client that floods from ever new addresses is forgotten, and counted by the database again. */
const MAX_REMEMBERED = 10_000;

/** An IPv6 /48 holds 65 536 of what counts as an address, and is one subscriber's: it may do as much as these many. */
const ADDRESSES_OF_NETWORK = 10;

export function limitRequests(
	context: LimitRequestsContext,
	address: ClientAddress,
): RequestLimits {
	const { maxInWindow, polls, overall } = context;
	return {
		async byAddress(act) {
			const limits = limitsOfAddress(act, address, maxInWindow.address);
			if (limits.length === 0) return;
			// What is full already neither reaches the database nor takes from what all addresses have together.
			for (const { key } of limits) refuseIfFull(context, key);
			takeOrThrow(overall, act);
			for (const limit of limits) await count(context, limit);
		},
		async release(act) {
			for (const { key } of limitsOfAddress(act, address, maxInWindow.address)) {
				await context.requestCounts.release(key);
			}
		},
		async byMailbox(act, mailbox) {
			if (maxInWindow.mailbox === 0) return;
			const key = `${act} mailbox ${mailbox}`;
			refuseIfFull(context, key);
			await count(context, { key, max: maxInWindow.mailbox });
		},
		byPolls: () => takeOrThrow(polls, address),
	};
}

type Limit = { key: string; max: number };

/** That of the network first, so that what is refused for it leaves no row for the address. */
function limitsOfAddress(act: LimitedAct, address: ClientAddress, max: number): Limit[] {
	if (max === 0) return [];
	const network = networkOf(address);
	const ofAddress = { key: `${act} address ${address}`, max };
	if (network === undefined) return [ofAddress];
	return [{ key: `${act} network ${network}`, max: max * ADDRESSES_OF_NETWORK }, ofAddress];
}

async function count(context: LimitRequestsContext, { key, max }: Limit): Promise<void> {
	const { requestCounts, fullWindows } = context;
	const now = context.now();
	const counted = await requestCounts.count(key, { max, windowMs: REQUEST_WINDOW_MS, now });
	if (counted === 'counted') return;
	setNewest(fullWindows, key, counted.fullUntil, MAX_REMEMBERED);
	throw tooManyRequests((counted.fullUntil.getTime() - now.getTime()) / 1000);
}

function refuseIfFull({ now, fullWindows }: LimitRequestsContext, key: string): void {
	const until = fullWindows.get(key);
	if (until === undefined) return;
	const leftMs = until.getTime() - now().getTime();
	if (leftMs > 0) throw tooManyRequests(leftMs / 1000);
	fullWindows.delete(key);
}
