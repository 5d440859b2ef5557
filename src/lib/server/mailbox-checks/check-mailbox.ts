// Proves that a mailbox can be used: one login per protocol with the access token that its site would get.
// Each is reported as it finishes.

import { grantedProtocols } from '../../domain/cloud.ts';
import {
	isSomeoneElse,
	type MailCheckResult,
	type MailCheckResults,
} from '../../domain/mail-check.ts';
import type { MailLoginResult } from '../../domain/mail-login.ts';
import {
	mapProtocols,
	MAIL_PROTOCOLS,
	PROTOCOL_FACTS,
	type MailProtocol,
} from '../../domain/mail-protocol.ts';
import {
	problemOfAnswer,
	problemOfMissingRight,
} from '../../problems/mail-answers/explain-mail-answer.ts';
import type { Services } from '../app/services.ts';

export type CheckMailboxContext = Pick<Services, 'now' | 'mailClient' | 'siteSemaphore'>;

/** A mailbox with the access to it that a sign-in gave. */
export type MailboxAccess = {
	siteId: number;
	mailbox: string;
	signedInAs: string;
	/** What its site uses; the others are left alone. */
	protocols: readonly MailProtocol[];
	/** Whose rights its owner was asked for. */
	requested: readonly MailProtocol[];
	/** Whose name SMTP took before, where it was not the mailbox's. */
	smtpUser?: string | undefined;
	scopes: readonly string[];
	accessToken: string;
	accessTokenExpiresAt: Date;
};

export type MailboxCheckResult = {
	checks: MailCheckResults;
	/** Whose name SMTP took, if it took one: the mailbox, or the account that signed in. */
	smtpUser: string | undefined;
};

export type ReportCheck = (protocol: MailProtocol, check: MailCheckResult) => void;

/** Resolves when all are done; throws nothing that a mail server did. */
export async function checkMailbox(
	context: CheckMailboxContext,
	access: MailboxAccess,
	report: ReportCheck = () => undefined,
	protocols: readonly MailProtocol[] = MAIL_PROTOCOLS,
): Promise<MailboxCheckResult> {
	const granted = grantedProtocols(access.scopes);
	const checks = mapProtocols((): MailCheckResult => ({ status: 'skipped' }));
	const done = (protocol: MailProtocol, check: MailCheckResult) => {
		checks[protocol] = check;
		report(protocol, check);
	};
	const reading = new Map<MailProtocol, Promise<MailLoginResult>>();
	const logins: Promise<unknown>[] = [];
	let smtpUser: string | undefined;
	for (const protocol of protocols) {
		if (!access.protocols.includes(protocol)) {
			done(protocol, { status: 'skipped' });
		} else if (!granted.includes(protocol)) {
			done(protocol, { status: 'skipped', problem: problemOfMissingRight(protocol, access) });
		} else if (PROTOCOL_FACTS[protocol].use !== 'send') {
			const login = loginAs(context, access, protocol, access.mailbox);
			reading.set(protocol, login);
			logins.push(
				login.then((result) => done(protocol, resultOf(context, access, protocol, result))),
			);
		} else {
			const login = loginBySmtp(context, access, reading);
			logins.push(
				login.then(({ result, user }) => {
					if (result.kind === 'passed') smtpUser = user;
					done('smtp', resultOf(context, access, 'smtp', result));
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
	// Where nothing can be read, a message from the mailbox to itself has proved it.
	const isProven =
		proofs.length > 0
			? proofs.some(({ kind }) => kind === 'passed')
			: access.smtpUser === signedInAs;
	if (!isProven) return { result: asMailbox, user: mailbox };
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

/** What a login or a test message came to. */
export function resultOf(
	{ now }: Pick<CheckMailboxContext, 'now'>,
	access: MailboxAccess,
	protocol: MailProtocol,
	result: MailLoginResult,
): MailCheckResult {
	if (result.kind === 'passed') return { status: 'passed' };
	const tokenLeftSeconds = (access.accessTokenExpiresAt.getTime() - now().getTime()) / 1000;
	const known = { ...access, right: 'granted', tokenLeftSeconds } as const;
	return { status: 'failed', problem: problemOfAnswer(protocol, result, known) };
}
