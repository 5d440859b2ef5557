// Gathers what is to be noted and writes it right after, several at a time: nobody waits for it. While the
// database is down it waits in memory; what is lost all the same is said in the log.

import type { AuditActor, AuditEvent } from '../../domain/audit.ts';
import type { AuditStore } from './audit-store.ts';
import { createHourlyBounds } from './hourly-bounds.ts';
import { isDatabaseDown } from '../database/is-database-down.ts';
import type { Log } from '../log.ts';

export type AuditedBy = {
	actor: AuditActor;
	actorName?: string | undefined;
	clientAddress?: string | undefined;
};

/** Notes what was done by somebody who is known already. */
export type Auditor = (event: Omit<AuditEvent, 'at' | 'actor' | 'clientAddress'>) => void;

export type AuditTrail = {
	by(who: AuditedBy): Auditor;
	/** Whether the hour has as many of these as are noted one by one. */
	isFull(event: Pick<AuditEvent, 'event' | 'detail'>): boolean;
	/** Resolves when what was noted is written, or cannot be for now. */
	write(): Promise<void>;
	/** The same, with what this hour has left out so far: at the end of the process. */
	finish(): Promise<void>;
};

export type AuditTrailContext = { now: () => Date; audits: AuditStore; log: Log };

/** In one statement. */
const BATCH = 500;
/** Of a database that is down for long, the first hours are worth more than the memory. */
const MAX_WAITING = 50_000;

export function createAuditTrail({ now, audits, log }: AuditTrailContext): AuditTrail {
	const waiting: AuditEvent[] = [];
	const bounds = createHourlyBounds();
	let writing: Promise<void> | undefined;
	let lost = 0;

	async function writeAll(): Promise<void> {
		while (waiting.length > 0) {
			const batch = waiting.slice(0, BATCH);
			try {
				await audits.add(batch);
			} catch (error) {
				if (isDatabaseDown(error)) {
					log.warn({ err: error, count: waiting.length }, 'audit events are not written yet');
					return;
				}
				// It will never be taken, and must not hold up what comes after it.
				lost += batch.length;
				log.error({ err: error, count: batch.length }, 'audit events could not be written');
			}
			waiting.splice(0, batch.length);
		}
		if (lost > 0) log.error({ count: lost }, 'audit events were lost');
		lost = 0;
	}

	function add(event: AuditEvent): void {
		if (waiting.length >= MAX_WAITING) lost += 1;
		else waiting.push(event);
		// What else this request notes goes with it.
		if (waiting.length === 1) setImmediate(() => void write());
	}

	/** One row for each kind and hour. */
	function addLeftOut(until: Date | 'all'): void {
		for (const { event, detail, count, hour } of bounds.takeLeftOut(until)) {
			const what = detail === undefined ? '' : `${detail}: `;
			const since = hour.toISOString().slice(0, 13);
			add({
				...{ event, actor: 'helper', at: now() },
				detail: `${what}${count} more in the hour from ${since}:00Z`,
			});
		}
	}

	function write(until: Date | 'all' = now()): Promise<void> {
		addLeftOut(until);
		return (writing ??= writeAll().finally(() => (writing = undefined)));
	}

	return {
		by: (who) => (event) => {
			const at = now();
			if (bounds.admit(event, at)) add({ ...who, ...event, at });
		},
		isFull: (event) => bounds.isFull(event, now()),
		write: () => write(),
		finish: () => write('all'),
	};
}
