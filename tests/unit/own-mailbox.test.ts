// What the list of one's mailboxes says of each at a glance.

import { describe, expect, it } from 'vitest';
import type { MailCheck, MailChecks } from '../../src/lib/domain/mail-check.ts';
import { mapProtocols } from '../../src/lib/domain/mail-protocol.ts';
import { ownMailboxState, type OwnMailbox } from '../../src/lib/domain/own-mailbox.ts';

const USED = '2026-11-19T09:00:00Z';

function checks(status: MailCheck['status']): MailChecks {
	return mapProtocols(() => ({ status }));
}

describe('the state of an own mailbox', () => {
	for (const [what, lastUsedAt, known, state] of [
		['was used and works', USED, checks('passed'), 'works'],
		['was used and never checked', USED, undefined, 'works'],
		['works and was not used yet', null, checks('passed'), 'not_used'],
		['was neither used nor checked', null, undefined, 'not_checked'],
		['was not used, and its check still runs', null, checks('running'), 'not_checked'],
	] as const) {
		it(`is “${state}” of one that ${what}`, () => {
			const mailbox = { needs_sign_in: false, last_used_at: lastUsedAt } as OwnMailbox;
			expect(ownMailboxState(mailbox, known)).toBe(state);
		});
	}
});
