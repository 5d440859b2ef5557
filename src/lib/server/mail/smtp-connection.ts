// SMTP up to the accepted login: EHLO, STARTTLS where the connection starts in clear, AUTH XOAUTH2. The token
// goes in a line of its own: RFC 4954 lets that one be longer than a command.

import SMTPConnection, {
	type SMTPConnectionCustomAuthContext,
} from 'nodemailer/lib/smtp-connection';
import type { MailLoginStage } from '../../domain/mail-login.ts';
import {
	MailRefusal,
	xoauth2,
	type MailLoginRequest,
	type MailClientOptions,
} from './mail-login.ts';

/** A name of our own, as nodemailer would otherwise choose among the server's: a password login included. */
const METHOD = 'ACCESS-TOKEN';

export type SmtpSession = {
	send(message: { from: string; to: string; content: Buffer }): Promise<void>;
	quit(): Promise<void>;
};

/** Throws `MailRefusal`, or what the network threw. */
export async function openSmtpSession(
	{ limitMs }: MailClientOptions,
	{ server, user, accessToken }: MailLoginRequest,
	closeBy: (close: () => void) => void,
): Promise<SmtpSession> {
	const connection = new SMTPConnection({
		host: server.host,
		port: server.port,
		secure: server.security === 'tls',
		requireTLS: server.security === 'starttls',
		tls: { ...(server.ca !== undefined && { ca: server.ca }) },
		logger: false,
		connectionTimeout: limitMs,
		greetingTimeout: limitMs,
		socketTimeout: limitMs,
		dnsTimeout: limitMs,
		customAuth: { [METHOD]: (context) => authenticate(context, xoauth2(user, accessToken)) },
	});
	closeBy(() => connection.close());
	const broken = new Promise<never>((_resolve, reject) => connection.once('error', reject));
	broken.catch(() => undefined);
	const step = (stage: MailLoginStage, begin: (done: Done) => void) =>
		Promise.race([broken, called(begin)]).catch((error: unknown) => {
			throw faultOf(stage, error);
		});
	await step('authenticate', (done) => connection.connect(done));
	await step('authenticate', (done) => connection.login({ method: METHOD, user }, done));
	return {
		send: ({ from, to, content }) =>
			step('send', (done) => connection.send({ from, to }, content, done)),
		quit: () =>
			new Promise((resolve) => {
				connection.once('end', resolve);
				connection.quit();
			}),
	};
}

type Done = (error?: Error | null) => void;

function called(begin: (done: Done) => void): Promise<void> {
	return new Promise((resolve, reject) => {
		begin((error) => (error ? reject(error) : resolve()));
	});
}

async function authenticate(
	{ authMethods, sendCommand }: SMTPConnectionCustomAuthContext,
	token: string,
): Promise<void> {
	if (!authMethods.includes('XOAUTH2')) {
		throw new MailRefusal(
			'authenticate',
			'Unsupported authentication: AUTH XOAUTH2 is not offered',
		);
	}
	let reply = await sendCommand('AUTH XOAUTH2');
	if (reply.status === 334) reply = await sendCommand(token);
	// A second question is the refusal in base64 JSON; the answer in words follows after an empty line.
	if (reply.status === 334) reply = await sendCommand('');
	if (reply.status !== 235) throw new MailRefusal('authenticate', reply.response);
}

/** A refusal with the server's words wherever there are any; a refused STARTTLS is a connection that must not be used. */
function faultOf(stage: MailLoginStage, error: unknown): unknown {
	if (!(error instanceof Error) || error instanceof MailRefusal) return error;
	const command = 'command' in error ? error.command : undefined;
	const response = 'response' in error ? error.response : undefined;
	if (typeof response !== 'string' || !/^[45]\d\d[ -]/.test(response)) return error;
	if (command === 'STARTTLS') {
		return Object.assign(new Error('no STARTTLS', { cause: error }), { code: 'STARTTLS_MISSING' });
	}
	return new MailRefusal(stage, response);
}
