// Proves that a mailbox can be used: one login per protocol with the access token that its site would get.
// Each is reported as it finishes.

import { grantedProtocols } from '../../domain/cloud.ts';
import type { MailLoginResult } from '../../domain/mail-login.ts';
import { MAIL_PROTOCOLS, type MailCheck, type MailProtocol } from '../../domain/sign-in.ts';
import {
	explainMailAnswer,
	explainMissingRight,
	type MailLoginContext,
} from '../../problems/mail-answers/explain-mail-answer.ts';
import type { Services } from '../app/services.ts';

export type CheckMailboxContext = Pick<Services, 'now' | 'mailClient' | 'siteSemaphore'>;

/** A mailbox with the access to it that a sign-in gave. */
export type MailboxAccess = {
	siteId: number;
	mailbox: string;
	signedInAs: string;
	scopes: readonly string[];
	accessToken: string;
	accessTokenExpiresAt: Date;
};

export type MailboxCheckResult = {
	checks: Partial<Record<MailProtocol, MailCheck>>;
	/** Whose name SMTP took, if it took one: the mailbox, or the account that signed in. */
	smtpUser: string | undefined;
};

export type ReportCheck = (protocol: MailProtocol, check: MailCheck) => void;

/** Resolves when all are done; throws nothing that a mail server did. */
export async function checkMailbox(
	context: CheckMailboxContext,
	access: MailboxAccess,
	report: ReportCheck = () => undefined,
	protocols: readonly MailProtocol[] = MAIL_PROTOCOLS,
): Promise<MailboxCheckResult> {
	const granted = grantedProtocols(access.scopes);
	const checks: MailboxCheckResult['checks'] = {};
	const done = (protocol: MailProtocol, check: MailCheck) => {
		checks[protocol] = check;
		report(protocol, check);
	};
	const reading = new Map<MailProtocol, Promise<MailLoginResult>>();
	const logins: Promise<unknown>[] = [];
	let smtpUser: string | undefined;
	for (const protocol of protocols) {
		if (!granted.includes(protocol)) {
			const problem = explainMissingRight(protocol, loginContext(context, access, 'not_granted'));
			done(protocol, { status: 'skipped', problem });
		} else if (protocol !== 'smtp') {
			const login = loginAs(context, access, protocol, access.mailbox);
			reading.set(protocol, login);
			logins.push(
				login.then((result) => done(protocol, checkOf(context, access, protocol, result))),
			);
		} else {
			const login = loginBySmtp(context, access, reading);
			logins.push(
				login.then(({ result, user }) => {
					if (result.kind === 'passed') smtpUser = user;
					done('smtp', checkOf(context, access, 'smtp', result));
				}),
			);
		}
	}
	await Promise.all(logins);
	return { checks, smtpUser };
}

/**
 * First as the mailbox. As the account that signed in only after that account was seen to be let into the
 * mailbox: otherwise anyone's own SMTP would prove a mailbox that they have nothing to do with.
 */
async function loginBySmtp(
	context: CheckMailboxContext,
	access: MailboxAccess,
	reading: ReadonlyMap<MailProtocol, Promise<MailLoginResult>>,
): Promise<{ result: MailLoginResult; user: string }> {
	const { mailbox, signedInAs } = access;
	const asMailbox = await loginAs(context, access, 'smtp', mailbox);
	if (asMailbox.kind !== 'refused' || !isSomeoneElse(access)) {
		return { result: asMailbox, user: mailbox };
	}
	const proofs = await Promise.all(reading.values());
	if (!proofs.some(({ kind }) => kind === 'passed')) return { result: asMailbox, user: mailbox };
	return { result: await loginAs(context, access, 'smtp', signedInAs), user: signedInAs };
}

function loginAs(
	{ mailClient, siteSemaphore }: CheckMailboxContext,
	{ siteId, accessToken }: MailboxAccess,
	protocol: MailProtocol,
	user: string,
): Promise<MailLoginResult> {
	return siteSemaphore(siteId, () => mailClient.login(protocol, { user, accessToken }));
}

function checkOf(
	context: CheckMailboxContext,
	access: MailboxAccess,
	protocol: MailProtocol,
	result: MailLoginResult,
): MailCheck {
	if (result.kind === 'passed') return { status: 'passed' };
	const problem = explainMailAnswer(protocol, result, loginContext(context, access, 'granted'));
	return { status: 'failed', problem };
}

/** What the words may draw on. */
export function loginContext(
	{ now }: Pick<CheckMailboxContext, 'now'>,
	access: MailboxAccess,
	right: MailLoginContext['right'],
): MailLoginContext {
	const { mailbox, signedInAs, accessTokenExpiresAt } = access;
	return {
		mailbox,
		signedInAs,
		account: isSomeoneElse(access) ? 'someone_else' : 'mailbox',
		right,
		tokenLeftSeconds: (accessTokenExpiresAt.getTime() - now().getTime()) / 1000,
	};
}

export function isSomeoneElse({
	mailbox,
	signedInAs,
}: Pick<MailboxAccess, 'mailbox' | 'signedInAs'>): boolean {
	return signedInAs.toLowerCase() !== mailbox.toLowerCase();
}
