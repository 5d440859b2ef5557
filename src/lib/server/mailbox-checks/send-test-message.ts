// One message from the mailbox to itself: only that shows whether sending *as* the mailbox is allowed.

import { grantedProtocols } from '../../domain/cloud.ts';
import { isSomeoneElse, type MailCheckResult } from '../../domain/mail-check.ts';
import type { MailLoginResult } from '../../domain/mail-login.ts';
import { problemOfMissingRight } from '../../problems/mail-answers/explain-mail-answer.ts';
import { resultOf, type CheckMailboxContext, type MailboxAccess } from './check-mailbox.ts';

/** `smtpUser` is whose name the last check saw SMTP take. */
export async function sendTestMessage(
	context: CheckMailboxContext,
	access: MailboxAccess,
	smtpUser: string | undefined,
): Promise<MailCheckResult> {
	if (!access.protocols.includes('smtp')) return { status: 'skipped' };
	if (!grantedProtocols(access.scopes).includes('smtp')) {
		return { status: 'skipped', problem: problemOfMissingRight('smtp', access) };
	}
	const result = await sendToItself(context, access, smtpUser ?? access.mailbox);
	return resultOf(context, access, 'smtp', result);
}

/**
 * Where a site only sends, nothing else shows that an account may use a mailbox. A shared mailbox has no login of its own,
 * so it is tried with the account's as well: the server decides by the sender of the message.
 */
export async function proveBySending(
	context: CheckMailboxContext,
	access: MailboxAccess,
): Promise<{ result: MailCheckResult; smtpUser: string | undefined }> {
	const { mailbox, signedInAs } = access;
	if (!grantedProtocols(access.scopes).includes('smtp')) {
		const problem = problemOfMissingRight('smtp', access);
		return { result: { status: 'skipped', problem }, smtpUser: undefined };
	}
	const asMailbox = await sendToItself(context, access, mailbox);
	const isLoginRefused = asMailbox.kind === 'refused' && asMailbox.stage === 'authenticate';
	if (!isLoginRefused || !isSomeoneElse(access)) {
		return { result: resultOf(context, access, 'smtp', asMailbox), smtpUser: undefined };
	}
	const asAccount = await sendToItself(context, access, signedInAs);
	return { result: resultOf(context, access, 'smtp', asAccount), smtpUser: signedInAs };
}

function sendToItself(
	{ siteSemaphore, mailClient }: CheckMailboxContext,
	{ siteId, mailbox, accessToken }: MailboxAccess,
	user: string,
): Promise<MailLoginResult> {
	return siteSemaphore(siteId, () =>
		mailClient.send(
			{ user, accessToken },
			{ from: mailbox, to: mailbox, subject: SUBJECT, text: TEXT },
		),
	);
}

const SUBJECT = 'Test message: this mailbox can send';
const TEXT =
	'Somebody who connected this mailbox to an application asked for this message. It shows that the application can send mail from this mailbox. You can delete it.\n';
