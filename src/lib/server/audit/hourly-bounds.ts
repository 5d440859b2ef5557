// How many rows of a kind the audit trail takes in an hour of what anybody can cause, over all addresses: nothing is ever
// taken out of it, so a flood must not fill it. What is left out is counted.

import type { AuditEvent } from '../../domain/audit.ts';

export type HourlyBounds = {
	/** Whether one more may be noted; counts it either way. */
	admit(event: BoundedEvent, at: Date): boolean;
	isFull(event: BoundedEvent, at: Date): boolean;
	/** What hours that are over left out, once; with `'all'` the hour that is not over too. */
	takeLeftOut(at: Date | 'all'): LeftOut[];
};

type BoundedEvent = Pick<AuditEvent, 'event' | 'detail'>;

type LeftOut = BoundedEvent & { count: number; hour: Date };

/** Enough to see who it was and how; of a flood the count says the rest. */
const MAX_REFUSALS_OF_A_KIND = 100;
/** More than a helper begins in its busiest hour, and a few hundred megabytes in two years of nothing but floods each hour. */
const MAX_SIGN_INS = 5_000;

const HOUR_MS = 3_600_000;

export function createHourlyBounds(): HourlyBounds {
	let tallies = new Map<string, BoundedEvent & { hour: number; noted: number; leftOut: number }>();

	/** Undefined for what only somebody who is known can cause. */
	function tallyOf({ event, detail }: BoundedEvent, at: Date) {
		const kind = kindOf({ event, detail });
		if (kind === undefined) return undefined;
		const hour = Math.floor(at.getTime() / HOUR_MS);
		const key = `${hour} ${kind.event} ${kind.detail ?? ''}`;
		const tally = tallies.get(key) ?? { ...kind, hour, noted: 0, leftOut: 0 };
		tallies.set(key, tally);
		return tally;
	}

	return {
		admit(event, at) {
			const tally = tallyOf(event, at);
			if (tally === undefined) return true;
			const isAdmitted = tally.noted < maxOf(tally);
			if (isAdmitted) tally.noted += 1;
			else tally.leftOut += 1;
			return isAdmitted;
		},
		isFull(event, at) {
			const tally = tallyOf(event, at);
			return tally !== undefined && tally.noted >= maxOf(tally);
		},
		takeLeftOut(at) {
			const thisHour = at === 'all' ? Infinity : Math.floor(at.getTime() / HOUR_MS);
			const all = [...tallies];
			const over = all.filter(([, tally]) => tally.hour < thisHour);
			tallies = new Map(all.filter(([, tally]) => tally.hour >= thisHour));
			return over
				.filter(([, { leftOut }]) => leftOut > 0)
				.map(([, { event, detail, hour, leftOut: count }]) => ({
					...{ event, detail, count },
					hour: new Date(hour * HOUR_MS),
				}));
		},
	};
}

function kindOf({ event, detail }: BoundedEvent): BoundedEvent | undefined {
	if (event === 'refused') return { event, detail };
	if (event === 'sign_in_started' || event === 'sign_in_failed') return { event };
	return undefined;
}

function maxOf({ event }: BoundedEvent): number {
	return event === 'refused' ? MAX_REFUSALS_OF_A_KIND : MAX_SIGN_INS;
}
