// SMTP: a login and nothing after it, so no message is sent.

import type { MailLoginResult } from '../../domain/mail-login.ts';
import {
	goodbye,
	withinLimit,
	type MailLoginRequest,
	type MailClientOptions,
} from './mail-login.ts';
import { openSmtpSession } from './smtp-connection.ts';

export function loginBySmtp(
	options: MailClientOptions,
	request: MailLoginRequest,
): Promise<MailLoginResult> {
	return withinLimit(options.limitMs, async (closeBy) => {
		const session = await openSmtpSession(options, request, closeBy);
		await goodbye(session.quit());
	});
}
