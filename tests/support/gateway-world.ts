// The mail gateway between mail programs and a real mail server: Dovecot, and a helper that knows two mailboxes.

import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ImapFlow } from 'imapflow';
import { startDovecot } from './dovecot.ts';
import {
	resolvedTo,
	startGatewayProcess,
	startResolveServer,
	type GatewayProcess,
} from './gateway-process.ts';
import { startMailRelay, type DeliveredMessage } from './mail-relay.ts';
import { testCertificate } from './mail-script.ts';
import { openMailTokens } from './mail-tokens.ts';

export type MailboxLogin = { user: string; password: string };

/** What the helper knows. */
export const READER = loginOf('reader@mycompany.com', 4711);
export const OTHER = loginOf('equis@mycompany.com', 4712);

export type GatewayWorld = {
	gateway: GatewayProcess;
	/** What was sent. */
	delivered: DeliveredMessage[];
	accessTokens: string[];
	/** A folder for what programs want to have as files; gone at the end. */
	folder: string;
	imap(login: MailboxLogin, secure?: boolean): ImapFlow;
	append(login: MailboxLogin, message: string | Buffer): Promise<void>;
	close(): Promise<void>;
};

export async function openGatewayWorld(): Promise<GatewayWorld> {
	const folder = await mkdtemp(join(tmpdir(), 'mailkey-programs-'));
	// Some programs do their work as other users than root.
	await chmod(folder, 0o755);
	const tokens = await openMailTokens();
	const delivered: DeliveredMessage[] = [];
	const relay = await startMailRelay((message) => Promise.resolve(void delivered.push(message)));
	const dovecot = await startDovecot(tokens.microsoft, relay.port);
	const helper = await startResolveServer();
	const accessTokens: string[] = [];
	for (const { user, password } of [READER, OTHER]) {
		const { accessToken } = await tokens.access(user);
		accessTokens.push(accessToken);
		helper.answers.set(password, resolvedTo(dovecot.servers, user, accessToken));
	}
	const gateway = await startGatewayProcess(helper.url);

	const imap = ({ user, password: pass }: MailboxLogin, secure = false) =>
		new ImapFlow({
			host: '127.0.0.1',
			port: gateway.ports[secure ? 'imaps' : 'imap'] ?? 0,
			secure,
			...(secure ? {} : { doSTARTTLS: true }),
			auth: { user, pass },
			tls: { ca: testCertificate.certificate },
			logger: false,
		});

	return {
		gateway,
		delivered,
		accessTokens,
		folder,
		imap,
		async append(login, message) {
			const client = imap(login);
			await client.connect();
			await client.append('INBOX', message);
			await client.logout();
		},
		async close() {
			await gateway.stop();
			await helper.stop();
			await dovecot.stop();
			await relay.stop();
			await tokens.close();
			await rm(folder, { recursive: true, force: true });
		},
	};
}

function loginOf(user: string, number: number): MailboxLogin {
	return { user, password: `ExternalOAuthToken:${number}:${user}` };
}
