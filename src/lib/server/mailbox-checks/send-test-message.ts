// One message from the mailbox to itself: only that shows whether sending *as* the mailbox is allowed.

import { grantedProtocols } from '../../domain/cloud.ts';
import type { MailCheck } from '../../domain/sign-in.ts';
import {
	explainMailAnswer,
	explainMissingRight,
} from '../../problems/mail-answers/explain-mail-answer.ts';
import { loginContext, type CheckMailboxContext, type MailboxAccess } from './check-mailbox.ts';

/** `smtpUser` is whose name the last check saw SMTP take. */
export async function sendTestMessage(
	context: CheckMailboxContext,
	access: MailboxAccess,
	smtpUser: string | undefined,
): Promise<MailCheck> {
	const { siteId, mailbox, accessToken } = access;
	if (!grantedProtocols(access.scopes).includes('smtp')) {
		const problem = explainMissingRight('smtp', loginContext(context, access, 'not_granted'));
		return { status: 'skipped', problem };
	}
	const result = await context.siteSemaphore(siteId, () =>
		context.mailClient.send(
			{ user: smtpUser ?? mailbox, accessToken },
			{ from: mailbox, to: mailbox, subject: SUBJECT, text: TEXT },
		),
	);
	if (result.kind === 'passed') return { status: 'passed' };
	const problem = explainMailAnswer('smtp', result, loginContext(context, access, 'granted'));
	return { status: 'failed', problem };
}

const SUBJECT = 'Test message: this mailbox can send';
const TEXT =
	'Somebody who connected this mailbox to an application asked for this message. It shows that the application can send mail from this mailbox. You can delete it.\n';
