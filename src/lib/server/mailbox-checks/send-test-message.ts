// One message from the mailbox to itself: only that shows whether sending *as* the mailbox is allowed.

import { grantedProtocols } from '../../domain/cloud.ts';
import type { MailCheckResult } from '../../domain/mail-check.ts';
import { problemOfMissingRight } from '../../problems/mail-answers/explain-mail-answer.ts';
import { resultOf, type CheckMailboxContext, type MailboxAccess } from './check-mailbox.ts';

/** `smtpUser` is whose name the last check saw SMTP take. */
export async function sendTestMessage(
	context: CheckMailboxContext,
	access: MailboxAccess,
	smtpUser: string | undefined,
): Promise<MailCheckResult> {
	const { siteId, mailbox, accessToken } = access;
	if (!grantedProtocols(access.scopes).includes('smtp')) {
		return { status: 'skipped', problem: problemOfMissingRight('smtp', access) };
	}
	const result = await context.siteSemaphore(siteId, () =>
		context.mailClient.send(
			{ user: smtpUser ?? mailbox, accessToken },
			{ from: mailbox, to: mailbox, subject: SUBJECT, text: TEXT },
		),
	);
	return resultOf(context, access, 'smtp', result);
}

const SUBJECT = 'Test message: this mailbox can send';
const TEXT =
	'Somebody who connected this mailbox to an application asked for this message. It shows that the application can send mail from this mailbox. You can delete it.\n';
