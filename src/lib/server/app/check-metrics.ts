// What is counted and measured of the looks at mailboxes.

import { Counter, Gauge, type Registry } from 'prom-client';
import { MAIL_PROTOCOLS } from '../../domain/mail-protocol.ts';
import type { FailedFigures, Verdict } from '../mailbox-checks/check-result-store.ts';

const VERDICTS: readonly Verdict[] = ['works', 'fails', 'unknown'];

export function checkMetrics(registers: Registry[]) {
	const checks = new Counter({
		name: 'mailkey_mailbox_checks_total',
		help: 'Logins of the weekly look at each mailbox: works, fails (its people can mend it), unknown (the mail server said nothing of the mailbox).',
		labelNames: ['result'],
		registers,
	});
	for (const result of VERDICTS) checks.inc({ result }, 0);
	const failed = new Gauge({
		name: 'mailkey_failed_mailboxes',
		help: 'Active mailboxes whose logins failed twice with an hour between, by protocol.',
		labelNames: ['protocol'],
		registers,
	});
	return {
		checked(verdict: Verdict): void {
			if (verdict !== 'unused') checks.inc({ result: verdict });
		},
		setFailed(figures: FailedFigures | undefined): void {
			if (figures === undefined) return;
			for (const protocol of MAIL_PROTOCOLS) failed.set({ protocol }, figures.get(protocol) ?? 0);
		},
	};
}
