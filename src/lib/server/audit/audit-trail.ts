// Gathers what is to be noted and writes it right after, several at a time: nobody waits for it. While the
// database is away it waits in memory; what is lost all the same is said in the log.

import type { AuditActor, AuditEvent } from '../../domain/audit.ts';
import type { AuditStore } from './audit-store.ts';
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
	/** Resolves when what was noted is written, or cannot be for now. */
	write(): Promise<void>;
};

export type AuditTrailContext = { now: () => Date; audits: AuditStore; log: Log };

/** In one statement. */
const BATCH = 500;
/** Of a database that is away for long, the first hours are worth more than the memory. */
const MAX_WAITING = 50_000;

export function createAuditTrail({ now, audits, log }: AuditTrailContext): AuditTrail {
	const waiting: AuditEvent[] = [];
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

	const write = () => (writing ??= writeAll().finally(() => (writing = undefined)));
	return {
		by: (who) => (event) => {
			if (waiting.length >= MAX_WAITING) lost += 1;
			else waiting.push({ ...who, ...event, at: now() });
			// What else this request notes goes with it.
			if (waiting.length === 1) setImmediate(() => void write());
		},
		write,
	};
}
