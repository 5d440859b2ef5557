// The practice mail servers: IMAP, POP3 and SMTP on loopback that let in anyone with an access token of the practice
// Microsoft, and play what a mailbox at Microsoft can be like.

import type { MailServers } from '../../lib/domain/mail-protocol.ts';
import type { PracticeCertificate } from '../certificate.ts';
import type { MailLoginContext } from './access.ts';
import { listenForMail, type MailListener } from './connection.ts';
import { converseImap } from './imap.ts';
import { conversePop } from './pop.ts';
import { createMailStore } from './mail-store.ts';
import { listenForSmtp, type TakenMessage } from './smtp.ts';

export type PracticeMailOptions = {
	microsoft: MailLoginContext['microsoft'];
	certificate: PracticeCertificate;
	// 0: any free one.
	ports: { imap: number; pop: number; smtp: number };
	slowMs?: number;
	deliverySecret?: string;
};

export type PracticeMail = {
	servers: MailServers;
	// What SMTP took, newest last.
	messages: readonly TakenMessage[];
	stop(): Promise<void>;
};

// The names in its certificate.
export const practiceMailHosts = ['localhost', '127.0.0.1'];

// Enough to see on the page that something is going on.
const usualSlowMs = 8_000;

// In a practice mode that runs for months the messages must not fill the memory.
const mostMessages = 100;

// Throws OperatorError if a port cannot be opened; then none is left open.
export async function startPracticeMail(options: PracticeMailOptions): Promise<PracticeMail> {
	const { certificate, ports, microsoft, slowMs = usualSlowMs, deliverySecret } = options;
	const stopping = new AbortController();
	const context = { microsoft, deliverySecret, slowMs, signal: stopping.signal };
	const store = createMailStore();
	const messages: TakenMessage[] = [];
	const take = (message: TakenMessage) => {
		messages.push(message);
		if (messages.length > mostMessages) messages.shift();
	};
	const listeners: MailListener[] = [];
	const stop = async () => {
		stopping.abort();
		await Promise.all(listeners.map((listener) => listener.stop()));
	};
	const listen = async (listening: Promise<MailListener>) => {
		const listener = await listening;
		listeners.push(listener);
		return listener.port;
	};
	try {
		const imap = await listen(
			listenForMail({
				port: ports.imap,
				certificate,
				converse: (connection) => converseImap(connection, context, store),
			}),
		);
		const pop = await listen(
			listenForMail({
				port: ports.pop,
				certificate,
				converse: (connection) => conversePop(connection, context, store),
			}),
		);
		const smtp = await listen(
			listenForSmtp({ port: ports.smtp, certificate, context, store, take }),
		);
		const servers = practiceMailServers({ imap, pop, smtp }, certificate);
		return { servers, messages, stop };
	} catch (error) {
		await stop();
		throw error;
	}
}

export function practiceMailServers(
	ports: PracticeMailOptions['ports'],
	{ certificate: ca }: Pick<PracticeCertificate, 'certificate'>,
): MailServers {
	// By address: `localhost` may be the other family first.
	const at = { host: '127.0.0.1', ca };
	return {
		imap: { security: 'tls', port: ports.imap, ...at },
		pop: { security: 'tls', port: ports.pop, ...at },
		smtp: { security: 'starttls', port: ports.smtp, ...at },
	};
}
