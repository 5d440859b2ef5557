// SMTP submission with STARTTLS and XOAUTH2. A message is kept in the sender's sent items and delivered to the practice
// mailboxes among its recipients; to others it goes nowhere. The words are Exchange's.

import { buffer } from 'node:stream/consumers';
import { SMTPServer, type SMTPServerAuthentication, type SMTPServerSession } from 'smtp-server';
import { listen } from '../../lib/server/listen.ts';
import type { PracticeCertificate } from '../certificate.ts';
import { checkLogin, mayUse, type MailAccess, type MailLoginContext } from './access.ts';
import { IDLE_MS, MAX_MESSAGE_BYTES, type MailListener } from './connection.ts';
import { DELIVERY_USER } from './deliver.ts';
import { INBOX, SENT, type MailStore } from './mail-store.ts';
import { withCrlf } from './mime.ts';

export type TakenMessage = { user: string; from: string; to: readonly string[]; content: string };

const HOST = '[practice.example]';
const WRONG = `5.7.3 Authentication unsuccessful ${HOST}`;

const off = (what: 'Tenant' | 'Mailbox') =>
	`5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the ${what}. Visit https://aka.ms/smtp_auth_disabled for more information. ${HOST}`;

// Throws OperatorError if the port cannot be opened.
export async function listenForSmtp(options: {
	port: number;
	certificate: PracticeCertificate;
	context: MailLoginContext;
	store: MailStore;
	take: (message: TakenMessage) => void;
}): Promise<MailListener> {
	const { certificate, context, store, take } = options;
	const smtp = new SMTPServer({
		name: 'practice.example',
		banner: 'The practice SMTP server is ready. This is not Microsoft.',
		key: certificate.privateKey,
		cert: certificate.certificate,
		authMethods: ['LOGIN', 'XOAUTH2'],
		authRequiredMessage: `5.7.57 Client not authenticated to send mail. ${HOST}`,
		size: MAX_MESSAGE_BYTES,
		socketTimeout: IDLE_MS,
		closeTimeout: 1,
		disableReverseLookup: true,
		logger: false,
		onAuth: (login, _session, done) =>
			void logIn(login, context).then(
				(user) => done(null, { user }),
				(error: unknown) => done(asError(error)),
			),
		onRcptTo: ({ address }, session, done) => done(refusalOfRecipient(address, session, context)),
		onData: (stream, session, done) =>
			void buffer(stream).then(
				(octets) => {
					const message = messageOf(session, octets.toString());
					const refusal = refusalOfSender(message, context);
					if (refusal) return done(refusal);
					take(message);
					deliver(message, withCrlf(octets.toString('latin1')), context, store);
					done(null, `2.0.0 OK <practice> ${HOST}`);
				},
				(error: unknown) => done(asError(error)),
			),
	});
	// A client that went away is nobody's fault.
	smtp.on('error', () => undefined);
	const address = { host: '127.0.0.1', port: options.port };
	const port = await listen(smtp.server, address, 'A practice mail server');
	return { port, stop: () => new Promise((resolve) => smtp.close(() => resolve())) };
}

class SmtpRefusal extends Error {
	readonly responseCode: number;

	constructor(responseCode: number, sentence: string) {
		super(sentence);
		this.responseCode = responseCode;
	}
}

function asError(error: unknown): Error {
	return error instanceof Error ? error : new Error(String(error));
}

// Who logged in. Throws SmtpRefusal.
async function logIn(login: SMTPServerAuthentication, context: MailLoginContext): Promise<string> {
	const { deliverySecret: secret } = context;
	if (secret !== undefined && login.username === DELIVERY_USER && login.password === secret) {
		return DELIVERY_USER;
	}
	if (login.method !== 'XOAUTH2') {
		throw new SmtpRefusal(504, '5.7.4 Unrecognized authentication type');
	}
	const { username: user = '', accessToken = '' } = login;
	const access = await checkLogin(context, 'smtp', { user, accessToken });
	const refusal = refusalOf(access);
	if (refusal !== undefined || access.kind === 'refused') {
		throw refusal ?? new SmtpRefusal(535, WRONG);
	}
	return access.user;
}

function refusalOf(access: MailAccess): SmtpRefusal | undefined {
	if (access.kind === 'refused') return new SmtpRefusal(535, WRONG);
	switch (access.mailbox.kind) {
		case 'smtp_off_for_organisation':
			return new SmtpRefusal(535, off('Tenant'));
		case 'smtp_off_for_mailbox':
			return new SmtpRefusal(535, off('Mailbox'));
		case 'throttled':
			return new SmtpRefusal(
				432,
				`4.3.2 Concurrent connections limit exceeded. Visit https://aka.ms/concurrent_sending for more information. ${HOST}`,
			);
		case 'no_licence':
		case 'shared':
			// A shared mailbox has no login of its own: whoever may use it logs in as themselves.
			return new SmtpRefusal(535, WRONG);
		default:
			return mayUse(access) ? undefined : new SmtpRefusal(535, WRONG);
	}
}

function messageOf({ user, envelope }: SMTPServerSession, content: string): TakenMessage {
	const from = envelope.mailFrom === false ? '' : envelope.mailFrom.address.toLowerCase();
	const to = envelope.rcptTo.map(({ address }) => address.toLowerCase());
	return { user: String(user), from, to, content: content.replaceAll('\r\n', '\n') };
}

// From outside only to mailboxes that there are; a mailbox may write to the world.
function refusalOfRecipient(
	address: string,
	{ user }: SMTPServerSession,
	{ microsoft }: MailLoginContext,
): SmtpRefusal | undefined {
	const isKnown = user !== DELIVERY_USER || microsoft.findMailbox(address) !== undefined;
	return isKnown ? undefined : new SmtpRefusal(550, `5.1.10 Recipient not found ${HOST}`);
}

// As Exchange does, only at the end: who may send as whom shows with a message and nowhere else.
function refusalOfSender(
	message: TakenMessage,
	context: MailLoginContext,
): SmtpRefusal | undefined {
	if (maySendAs(message, context)) return undefined;
	const { user, from } = message;
	const sentence = `5.2.252 SendAsDenied; ${user} not allowed to send as ${from}; 5.7.60 SMTP; Client does not have permissions to send as this sender ${HOST}`;
	return new SmtpRefusal(554, sentence);
}

// To the mailboxes that there are; mail to the world goes nowhere.
function deliver(
	{ from, to }: TakenMessage,
	content: string,
	{ microsoft }: MailLoginContext,
	store: MailStore,
): void {
	const put = (address: string, name: string, flags: readonly string[]) => {
		const kind = microsoft.findMailbox(address)?.kind;
		if (kind === undefined || kind === 'no_licence') return;
		const folder = store.findFolder(address, name);
		if (folder) store.add(folder, { content, flags, receivedAt: new Date() });
	};
	put(from, SENT, ['\\Seen']);
	for (const address of new Set(to)) put(address, INBOX, []);
}

function maySendAs({ user, from }: TakenMessage, { microsoft }: MailLoginContext): boolean {
	const mailbox = microsoft.findMailbox(from);
	if (user === DELIVERY_USER) return true;
	return user === from || (mailbox?.kind === 'shared' && mailbox.with.includes(user));
}
