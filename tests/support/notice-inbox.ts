// The operator's mail server: it takes notices and keeps them as a mail program would show them, or answers as a test says.

import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { SMTPServer } from 'smtp-server';

export type ReceivedMail = {
	to: string;
	/** In lower case. */
	headers: ReadonlyMap<string, string>;
	subject: string;
	text: string;
	html: string;
	raw: string;
};

export type NoticeInbox = {
	/** For `NOTICES_SMTP`. */
	url: string;
	mails: ReceivedMail[];
	/** Of a recipient; undefined takes all again. Until a promise is settled nothing is answered. */
	refuse(refusal: Refusal | undefined): void;
	stop(): Promise<void>;
};

type Refusal = (address: string) => number | undefined | Promise<undefined>;

/** `onMail`: a mail is there, and not answered yet. */
export async function openNoticeInbox(onMail?: () => void): Promise<NoticeInbox> {
	const mails: ReceivedMail[] = [];
	let refusalOf: Refusal | undefined;
	const server = new SMTPServer({
		authOptional: true,
		disabledCommands: ['STARTTLS'],
		disableReverseLookup: true,
		logger: false,
		onRcptTo({ address }, _session, done) {
			void Promise.resolve(refusalOf?.(address)).then((responseCode) =>
				done(
					responseCode === undefined ? null : Object.assign(new Error('refused'), { responseCode }),
				),
			);
		},
		onData(stream, { envelope }, done) {
			void buffer(stream).then((content) => {
				const [recipient] = envelope.rcptTo;
				mails.push(parseMail(recipient?.address ?? '', content.toString()));
				onMail?.();
				done(null);
			});
		},
	});
	server.on('error', () => undefined);
	const listener = server.server;
	await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
	const { port } = listener.address() as AddressInfo;
	return {
		url: `smtp://127.0.0.1:${port}`,
		mails,
		refuse: (refusal) => void (refusalOf = refusal),
		stop: () => new Promise((resolve) => server.close(() => resolve())),
	};
}

function parseMail(to: string, raw: string): ReceivedMail {
	const [head = '', ...rest] = raw.split('\r\n\r\n');
	const headers = parseHeaders(head);
	const boundary = /boundary="?([^";]+)/.exec(headers.get('content-type') ?? '')?.[1] ?? '';
	const parts = rest.join('\r\n\r\n').split(`--${boundary}`).map(parsePart);
	const bodyOf = (type: string) =>
		parts.find(({ headers: own }) => own.get('content-type')?.startsWith(type))?.body ?? '';
	const subject = decodeWords(headers.get('subject') ?? '');
	return { to, headers, subject, text: bodyOf('text/plain'), html: bodyOf('text/html'), raw };
}

function parseHeaders(head: string): Map<string, string> {
	const lines = head.replaceAll(/\r\n[ \t]+/g, ' ').split('\r\n');
	return new Map(
		lines.map((line) => {
			const colon = line.indexOf(':');
			return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
		}),
	);
}

function parsePart(part: string): { headers: Map<string, string>; body: string } {
	const [head = '', ...rest] = part.replace(/^\r\n/, '').split('\r\n\r\n');
	const headers = parseHeaders(head);
	const body = rest.join('\r\n\r\n');
	const encoding = headers.get('content-transfer-encoding')?.toLowerCase();
	if (encoding === 'base64') return { headers, body: Buffer.from(body, 'base64').toString() };
	return { headers, body: encoding === 'quoted-printable' ? decodeQuoted(body) : body };
}

function decodeQuoted(text: string): string {
	const octets = text
		.replaceAll(/=\r?\n/g, '')
		.replaceAll(/=([0-9A-F]{2})/g, (_match, hex: string) => String.fromCharCode(parseInt(hex, 16)));
	return Buffer.from(octets, 'latin1').toString();
}

/** RFC 2047; between two encoded words blanks count nothing. */
function decodeWords(text: string): string {
	return text
		.replaceAll(/\?=\s+=\?/g, '?==?')
		.replaceAll(/=\?utf-8\?([QB])\?([^?]*)\?=/gi, (_match, kind: string, word: string) =>
			kind.toUpperCase() === 'B'
				? Buffer.from(word, 'base64').toString()
				: decodeQuoted(word.replaceAll('_', ' ')),
		);
}
