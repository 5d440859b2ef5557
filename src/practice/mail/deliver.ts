// A message from outside, handed to the running practice SMTP server as another mail server would: by a login that only
// commands on the same data folder have.

import SMTPConnection from 'nodemailer/lib/smtp-connection';
import type { MailServer } from '../../lib/domain/mail-protocol.ts';

/** The user name of that login; no mailbox is called so. */
export const DELIVERY_USER = 'practice-delivery';

const LIMIT_MS = 10_000;

/** Throws what the network threw, or with the server's `response`. */
export function deliverToPractice(
	server: MailServer,
	secret: string,
	{ to, content }: { to: string; content: Buffer },
): Promise<void> {
	const connection = new SMTPConnection({
		host: server.host,
		port: server.port,
		secure: server.security === 'tls',
		requireTLS: server.security === 'starttls',
		tls: { ...(server.ca !== undefined && { ca: server.ca }) },
		logger: false,
		connectionTimeout: LIMIT_MS,
		greetingTimeout: LIMIT_MS,
		socketTimeout: LIMIT_MS,
	});
	return new Promise<void>((resolve, reject) => {
		const next = (step: () => void) => (error?: Error | null) => (error ? reject(error) : step());
		connection.once('error', reject);
		const send = () => connection.send({ from: false, to }, content, next(resolve));
		const credentials = { user: DELIVERY_USER, pass: secret };
		connection.connect(next(() => connection.login({ method: 'LOGIN', credentials }, next(send))));
	}).finally(() => connection.close());
}
