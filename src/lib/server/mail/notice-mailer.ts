// Sends notices by the operator's own mail server. A refusal of one recipient is told apart from a server that takes nothing.

import { createTransport, type Transporter } from 'nodemailer';

export type NoticeServer = {
	host: string;
	port: number;
	/** `starttls` is required; a server on this machine may go without. */
	security: 'tls' | 'starttls' | 'starttls_if_offered';
	auth: { user: string; password: string } | undefined;
};

export type NoticeMail = {
	from: { name: string; address: string };
	to: string;
	subject: string;
	text: string;
	html: string;
	headers: Readonly<Record<string, string>>;
};

/** `refused`: this recipient or this mail is not taken, and will not be. `failed`: it may be another time. */
export type NoticeResult = { kind: 'sent' } | { kind: 'refused' | 'failed'; code: string };

export type NoticeMailer = {
	/** Never throws. */
	send(mail: NoticeMail): Promise<NoticeResult>;
	/** Connects and logs in, and sends nothing. Throws what is wrong. */
	verify(): Promise<void>;
	close(): void;
};

const TIME_LIMIT_MS = 30_000;

export function createNoticeMailer({ host, port, security, auth }: NoticeServer): NoticeMailer {
	const transport: Transporter = createTransport({
		host,
		port,
		secure: security === 'tls',
		requireTLS: security === 'starttls',
		// On this machine a server may go without, so a certificate that nobody signed, as Debian's Postfix has, is none the worse.
		...(security === 'starttls_if_offered' && { tls: { rejectUnauthorized: false } }),
		...(auth && { auth: { user: auth.user, pass: auth.password } }),
		logger: false,
		connectionTimeout: TIME_LIMIT_MS,
		greetingTimeout: TIME_LIMIT_MS,
		socketTimeout: TIME_LIMIT_MS,
		dnsTimeout: TIME_LIMIT_MS,
		// What a mail holds is made here: nothing in it names a file or a URL to read.
		disableFileAccess: true,
		disableUrlAccess: true,
	});
	return {
		async send({ headers, ...mail }) {
			try {
				await transport.sendMail({ ...mail, headers: { ...headers } });
				return { kind: 'sent' };
			} catch (error) {
				return resultOf(error);
			}
		},
		async verify() {
			await transport.verify();
		},
		close: () => transport.close(),
	};
}

/** Commands whose refusal is this mail's alone. A refused login or sender hits every mail. */
const OF_THIS_MAIL = ['RCPT TO', 'DATA'];

function resultOf(error: unknown): NoticeResult {
	const details: { responseCode?: unknown; command?: unknown; code?: unknown } =
		typeof error === 'object' && error !== null ? error : {};
	const { responseCode, command, code } = details;
	const isFinal = typeof responseCode === 'number' && responseCode >= 500 && responseCode < 600;
	const isOwn = typeof command === 'string' && OF_THIS_MAIL.includes(command);
	const named = [responseCode, code].find(
		(each) => typeof each === 'number' || typeof each === 'string',
	);
	return { kind: isFinal && isOwn ? 'refused' : 'failed', code: String(named ?? 'FAILED') };
}
