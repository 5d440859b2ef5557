// The mailbox check for the operator's command line, by identifier.

import type { MailCheckResults, MailSubject } from '../../domain/mail-check.ts';
import { OperatorError } from '../../domain/operator-error.ts';
import { checkMailbox, type CheckMailboxContext } from './check-mailbox.ts';
import { openAccess, type OpenAccessContext } from '../tokens/open-access.ts';
import { findToken, type FindTokenContext } from '../tokens/operate-tokens.ts';
import { keepResult, type KeepResultContext } from './keep-result.ts';
import { saveSmtpUser } from './run-checks.ts';

export type CheckByOperatorContext = OpenAccessContext &
	CheckMailboxContext &
	KeepResultContext &
	FindTokenContext;

/** Throws `OperatorError` where there is nothing to log in with. */
export async function checkByOperator(
	context: CheckByOperatorContext,
	identifier: string,
): Promise<{
	checks: MailCheckResults;
	token: { siteId: number; storedTokenId: number; mailbox: string };
	subject: MailSubject;
}> {
	const { siteId, number: id } = await findToken(context, identifier);
	const access = await openAccess(context, { siteId, id });
	if (access === undefined) throw new OperatorError(`${identifier}: it is revoked.`);
	const hasExpired = access.accessTokenExpiresAt <= context.now();
	if (hasExpired && access.state === 'sign_in_required') {
		throw new OperatorError(`${identifier}: somebody has to sign in again.`);
	}
	const at = context.now();
	const { checks, smtpUser } = await checkMailbox(context, access);
	await keepResult(context, { siteId, id }, { at, checks });
	await saveSmtpUser(context, { siteId, id }, access.mailbox, smtpUser);
	const { mailbox, signedInAs } = access;
	const token = { siteId, storedTokenId: id, mailbox };
	return { checks, token, subject: { mailbox, signedInAs } };
}
