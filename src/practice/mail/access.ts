// Whom the practice mail servers let in: what an XOAUTH2 string is worth, by what the practice Microsoft says of the
// access token in it and by what is said of the mailbox in the table of ready accounts.

import { setTimeout as delay } from 'node:timers/promises';
import { grantedProtocols } from '../../lib/domain/cloud.ts';
import type { MailProtocol } from '../../lib/domain/mail-protocol.ts';
import type { PracticeMailbox } from './accounts.ts';
import type { PracticeMicrosoft } from '../microsoft/practice-microsoft.ts';

export type MailAccess =
	| { kind: 'refused' }
	| { kind: 'accepted'; user: string; signedInAs: string; mailbox: PracticeMailbox };

export type MailLogin = { user: string; accessToken: string };

export type MailLoginContext = {
	microsoft: Pick<PracticeMicrosoft, 'introspect' | 'findMailbox'>;
	// What `deliver.ts` logs in with; nobody can if there is none.
	deliverySecret: string | undefined;
	// How long a login of the slow mailbox takes.
	slowMs: number;
	// Ends the wait of the slow mailbox when the servers stop.
	signal: AbortSignal;
};

// `accepted` says that the token is good for this mailbox and protocol; what the mailbox itself is like comes after.
export async function checkLogin(
	{ microsoft, slowMs, signal }: MailLoginContext,
	protocol: MailProtocol,
	{ user, accessToken }: MailLogin,
): Promise<MailAccess> {
	const token = await microsoft.introspect(accessToken);
	if (!token.active || !grantedProtocols(token.scopes).includes(protocol))
		return { kind: 'refused' };
	const mailbox = microsoft.findMailbox(user);
	if (mailbox === undefined) return { kind: 'refused' };
	if (mailbox.kind === 'slow') await delay(slowMs, undefined, { signal }).catch(() => undefined);
	return { kind: 'accepted', user: user.toLowerCase(), signedInAs: token.username, mailbox };
}

// Its own account, or somebody to whom it was shared.
export function mayUse({ user, signedInAs, mailbox }: MailAccess & { kind: 'accepted' }): boolean {
	return user === signedInAs || (mailbox.kind === 'shared' && mailbox.with.includes(signedInAs));
}

// learn.microsoft.com, "how-to-authenticate-an-imap-pop-smtp-application-by-using-oauth", SASL XOAUTH2.
export function readXoauth2(encoded: string): MailLogin {
	const [user = '', authorization = ''] = Buffer.from(encoded, 'base64').toString().split('\u0001');
	return {
		user: user.replace(/^user=/, ''),
		accessToken: authorization.replace(/^auth=Bearer /, ''),
	};
}
