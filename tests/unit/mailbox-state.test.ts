// What the checks of a mailbox come to together, and which reasons are told once.

import { describe, expect, it } from 'vitest';
import type { MailCheck } from '../../src/lib/domain/mail-check.ts';
import type { MailProblemCode } from '../../src/lib/domain/mail-login.ts';
import { causesOf, mailboxState } from '../../src/lib/domain/mailbox-state.ts';

const passed: MailCheck = { status: 'passed' };
const running: MailCheck = { status: 'running' };
const skipped: MailCheck = { status: 'skipped' };

function failed(code: MailProblemCode, nextStep = 'Wait.'): MailCheck {
	const words = { title: code, explanation: '', next_step: nextStep };
	const who = code === 'login_refused' ? 'microsoft_365_administrator' : 'nobody';
	return { status: 'failed', problem: { code, who, ...words } };
}

const broken = failed('timed_out');
const refused = failed('login_refused');
const busy = failed('mail_server_busy');
const notGranted: MailCheck = { ...failed('right_not_granted'), status: 'skipped' };

describe('the state of a mailbox', () => {
	for (const [name, imap, pop, smtp, state] of [
		['nothing has ended', running, running, running, 'checking'],
		['one login still runs', passed, refused, running, 'checking'],
		['nothing was tried', skipped, skipped, skipped, 'not_checked'],
		['all works', passed, passed, passed, 'works'],
		['what is not used is not tried', passed, skipped, passed, 'works'],
		['sending is switched off', passed, passed, refused, 'sending_fails'],
		['the right to send was not granted', passed, passed, notGranted, 'sending_fails'],
		['IMAP is switched off', refused, passed, passed, 'partly'],
		['IMAP works and POP is switched off', passed, refused, passed, 'only_pop_fails'],
		['POP and SMTP are switched off', passed, refused, refused, 'partly'],
		['POP fails for a reason that no administrator can mend', passed, broken, passed, 'partly'],
		['nothing can be read', refused, refused, passed, 'fails'],
		['nothing works', refused, refused, refused, 'fails'],
		['the mail server is busy', busy, busy, busy, 'not_known'],
		['the mail server is busy now and then', passed, busy, passed, 'not_known'],
		['the mail server is busy, and sending switched off', passed, busy, refused, 'partly'],
		['the only protocol that was tried fails', skipped, skipped, refused, 'fails'],
	] as const) {
		it(`is “${state}” when ${name}`, () => {
			expect(mailboxState({ imap, pop, smtp })).toBe(state);
		});
	}
});

describe('the causes', () => {
	it('are told once where a server refuses the mailbox by every protocol', () => {
		const command = (parameter: string) => `Set-CASMailbox -Identity 'a@b.example' ${parameter}`;
		const causes = causesOf({
			imap: failed('mailbox_not_opened', `Ask.\n${command('-ImapEnabled $true')}\nWait.`),
			pop: failed('login_refused', `Ask.\n${command('-PopEnabled $true')}\nWait.`),
			smtp: failed('login_refused', `Ask.\n${command('-PopEnabled $true')}\nWait.`),
		});
		expect(causes).toMatchObject([
			{
				kind: 'mailbox_refused',
				protocols: ['imap', 'pop', 'smtp'],
				commands: [command('-ImapEnabled $true'), command('-PopEnabled $true')],
			},
		]);
	});

	it('are told once where a server is busy, whatever it calls it', () => {
		const causes = causesOf({ imap: busy, pop: busy, smtp: failed('too_many_connections') });
		expect(causes).toMatchObject([{ kind: 'one_problem', protocols: ['imap', 'pop', 'smtp'] }]);
	});

	it('do not doubt a mailbox that opens by another protocol', () => {
		const causes = causesOf({ imap: refused, pop: passed, smtp: failed('logon_failure') });
		expect(causes).toMatchObject([
			{ kind: 'switched_off', protocols: ['imap', 'smtp'], works: ['pop'] },
		]);
		// Anybody may log in there with an account of their own.
		expect(causesOf({ pop: refused, smtp: passed })).toMatchObject([{ kind: 'one_problem' }]);
	});

	it('are several where they differ', () => {
		const causes = causesOf({ imap: refused, pop: passed, smtp: notGranted });
		expect(causes.map(({ problem }) => problem.code)).toEqual([
			'login_refused',
			'right_not_granted',
		]);
	});

	it('that concern POP alone come last where IMAP works', () => {
		const off = failed('smtp_off_for_mailbox');
		const codes = (imap: MailCheck) =>
			causesOf({ imap, pop: refused, smtp: off }).map(({ problem }) => problem.code);
		expect(codes(passed)).toEqual(['smtp_off_for_mailbox', 'login_refused']);
		expect(codes(broken)).toEqual(['timed_out', 'login_refused', 'smtp_off_for_mailbox']);
	});
});
