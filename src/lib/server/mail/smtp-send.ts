// SMTP with one message: that sending *as* the mailbox is allowed shows at the end of DATA and nowhere else.

import MailComposer from 'nodemailer/lib/mail-composer';
import type { MailLoginResult } from '../../domain/mail-login.ts';
import {
	goodbye,
	withinLimit,
	type MailLoginRequest,
	type MailClientOptions,
} from './mail-login.ts';
import { openSmtpSession } from './smtp-connection.ts';

export type PlainMessage = { from: string; to: string; subject: string; text: string };

export function sendBySmtp(
	options: MailClientOptions,
	request: MailLoginRequest,
	message: PlainMessage,
): Promise<MailLoginResult> {
	return withinLimit(options.limitMs, async (closeBy) => {
		// RFC 3834: no out-of-office note shall answer it.
		const headers = { 'Auto-Submitted': 'auto-generated' };
		const content = await new MailComposer({ ...message, headers }).compile().build();
		const session = await openSmtpSession(options, request, closeBy);
		await session.send({ from: message.from, to: message.to, content });
		await goodbye(session.quit());
	});
}
