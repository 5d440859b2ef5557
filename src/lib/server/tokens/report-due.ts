// Tells sites what nobody did: that refreshes have failed for an hour, and that a token will end.

import { DEGRADED_AFTER_MS } from '../durations.ts';
import type { Services } from '../app/services.ts';

export type ReportDueContext = Pick<Services, 'now' | 'tokenReports'>;

/** Rows of a statement: enough, and none takes long. */
const BATCH = 500;

export async function reportDegraded({ now, tokenReports }: ReportDueContext): Promise<void> {
	const failingSince = new Date(now().getTime() - DEGRADED_AFTER_MS);
	await untilDone(() => tokenReports.reportDegraded(now(), failingSince, BATCH));
}

export async function reportEnding(
	{ now, tokenReports }: ReportDueContext,
	neverUsedDays: number,
): Promise<void> {
	await untilDone(() => tokenReports.reportLapses(now(), BATCH));
	await untilDone(() => tokenReports.reportNeverUsed(now(), neverUsedDays, BATCH));
}

async function untilDone(report: () => Promise<number>): Promise<void> {
	while ((await report()) === BATCH);
}
