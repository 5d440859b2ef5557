// `mailkey token check` and `token show` say what to do next on a command line, where there is nothing to press.

import { expect, test } from 'vitest';
import { explainForOperator, withCommand } from '../../src/cli/token.ts';
import type { MailProblemCode } from '../../src/lib/domain/mail-login.ts';
import { mapProtocols } from '../../src/lib/domain/mail-protocol.ts';
import { explainChecks } from '../../src/lib/problems/mail-answers/explain-mail-answer.ts';
import { LASTING } from '../../src/lib/problems/mail-answers/lasting.ts';

const subject = { mailbox: 'equis@mycompany.com', signedInAs: 'anna@mycompany.com' };

function nextStepsOf(code: MailProblemCode): string {
	const failed = { status: 'failed', problem: { code, who: 'operator' } } as const;
	const checks = explainForOperator(
		mapProtocols(() => failed),
		subject,
	);
	return Object.values(checks)
		.map(({ problem }) => problem?.next_step)
		.join('\n');
}

test('no next step speaks as if its reader saw the page', () => {
	const codes = Object.keys(LASTING) as MailProblemCode[];
	expect(codes.filter((code) => /“Check again”|on this page/.test(nextStepsOf(code)))).toEqual([]);
});

test('it is this command that is run again', () => {
	expect(nextStepsOf('mail_server_busy')).toContain('then run this command again');
	expect(nextStepsOf('logon_failure')).toContain('Run this command again in a few minutes');
});

test('what is shown of an earlier check names the command that makes another', () => {
	const problem = { code: 'logon_failure', who: 'visitor' } as const;
	const failed = { status: 'failed', problem } as const;
	const { imap } = withCommand(
		explainChecks(
			mapProtocols(() => failed),
			subject,
		),
		'“mailkey token check”',
	);
	expect(imap.problem?.next_step).toContain('Run “mailkey token check” in a few minutes');
	expect(imap.problem?.next_step).not.toContain('Check again');
});
