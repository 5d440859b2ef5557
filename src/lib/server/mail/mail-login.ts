// What every login works with, whatever its protocol, and the frame around it: one limit for the whole of it,
// and a connection that is closed whatever happens.

import type { MailServer } from '../../domain/mail-protocol.ts';
import type { MailLoginResult, MailLoginStage } from '../../domain/mail-login.ts';
import { withTimeout } from '../with-timeout.ts';
import { faultOfConnection } from './connection-fault.ts';

export type MailLoginRequest = {
	server: MailServer;
	/** Whose mailbox: the `user=` of XOAUTH2. */
	user: string;
	accessToken: string;
};

export type MailClientOptions = {
	/** For a login as a whole. Exchange alone takes several seconds for one. */
	limitMs: number;
};

/** The server said no; `answer` is its own line. */
export class MailRefusal extends Error {
	readonly stage: MailLoginStage;
	readonly answer: string;

	constructor(stage: MailLoginStage, answer: string) {
		super(`the mail server refused to ${stage}`);
		this.stage = stage;
		this.answer = answer;
	}
}

/** A mail server should not be able to make the helper wait for its goodbye. */
const GOODBYE_LIMIT_MS = 2_000;

/**
 * `talk` is told to hand over, before it waits for anything, what closes its connection at once. It resolves
 * when the server said yes to everything, and throws `MailRefusal` or what the network threw.
 */
export async function withinLimit(
	limitMs: number,
	talk: (closeBy: (close: () => void) => void) => Promise<void>,
): Promise<MailLoginResult> {
	let close: (() => void) | undefined;
	try {
		const result = await withTimeout(resultOf(talk((by) => (close = by))), limitMs);
		return result ?? { kind: 'unreachable', reason: 'timeout' };
	} finally {
		close?.();
	}
}

async function resultOf(talk: Promise<void>): Promise<MailLoginResult> {
	try {
		await talk;
		return { kind: 'passed' };
	} catch (error) {
		if (error instanceof MailRefusal) {
			return { kind: 'refused', stage: error.stage, answer: error.answer };
		}
		return faultOfConnection(error);
	}
}

/** The login is proven by then: a goodbye that fails or is slow changes nothing. */
export async function goodbye(saying: Promise<unknown>): Promise<void> {
	await withTimeout(
		saying.catch(() => undefined),
		GOODBYE_LIMIT_MS,
	);
}

/** learn.microsoft.com, "how-to-authenticate-an-imap-pop-smtp-application-by-using-oauth", SASL XOAUTH2. */
export function xoauth2(user: string, accessToken: string): string {
	return Buffer.from(`user=${user}\u0001auth=Bearer ${accessToken}\u0001\u0001`).toString('base64');
}
