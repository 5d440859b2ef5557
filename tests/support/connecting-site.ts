// An application site of a few lines, as a developer would write one: a login, a settings page with a button, and a mailbox
// that it sends and reads with once its user has come back. Nobody sees an identifier.

import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { ImapFlow } from 'imapflow';
import { createTransport } from 'nodemailer';
import type { Login, MailkeyClient } from '../../src/client/client.ts';
import { testCertificate } from './mail-script.ts';

export type ConnectingSite = {
	url: string;
	/** What is registered for it. */
	returnUrl: string;
	stop(): void;
};

/** What the site keeps of somebody who is logged in. */
type UserSession = { user: string; linkId?: string; identifier?: string; mailbox?: string };

const tls = { ca: testCertificate.certificate };

export async function startConnectingSite(client: MailkeyClient): Promise<ConnectingSite> {
	const sessions = new Map<string, UserSession>();
	const server = createServer((request, response) => {
		answer(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)));
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
	const returnUrl = `${url}/settings`;

	async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
		const { pathname, searchParams } = new URL(request.url ?? '/', url);
		const go = (to: string, cookie = '') =>
			response.writeHead(303, { location: to, 'set-cookie': cookie }).end();
		if (pathname === '/login') {
			const id = randomUUID();
			sessions.set(id, { user: searchParams.get('user') ?? '' });
			return void go('/settings', `site=${id}; HttpOnly; SameSite=Lax`);
		}
		const session = sessions.get(/site=([\w-]+)/.exec(request.headers.cookie ?? '')?.[1] ?? '');
		if (session === undefined) return void response.writeHead(401).end('Log in first.');
		if (pathname === '/connect') return void go(await makeLink(session));
		if (searchParams.has('connect_link')) {
			const told = await comeBack(session, searchParams);
			// The code does not stay in the address.
			return void go(`/settings?told=${encodeURIComponent(told)}`);
		}
		const sentAndRead = pathname === '/try' ? await sendAndRead(session) : '';
		page(response, session, searchParams.get('told') ?? sentAndRead);
	}

	async function makeLink(session: UserSession): Promise<string> {
		const email = session.user;
		const link = await client.createConnectLink({ email, returnUrl, state: 'mail' });
		session.linkId = link.id;
		return link.url;
	}

	/** That the ids are equal proves that whoever signed in at Microsoft is whoever is logged in here. */
	async function comeBack(session: UserSession, query: URLSearchParams): Promise<string> {
		const [id, code] = [query.get('connect_link'), query.get('code')];
		if (session.linkId === undefined || id !== session.linkId) return 'This was not your link.';
		if (code === null) return `Not connected: ${query.get('error')}`;
		const { identifier, mailbox } = await client.completeConnectLink(session.linkId, code);
		Object.assign(session, { identifier, mailbox });
		return 'Welcome back.';
	}

	async function sendAndRead(session: UserSession): Promise<string> {
		const login = await client.resolve(session.identifier ?? '');
		const subject = `Hello from the site ${randomUUID()}`;
		await send(login, subject);
		return (await subjects(login)).includes(subject) ? `Read: ${subject}` : 'Nothing came.';
	}

	return {
		url,
		returnUrl,
		stop() {
			server.closeAllConnections();
			server.close();
		},
	};
}

function page(response: ServerResponse, { mailbox }: UserSession, told: string): void {
	const action = mailbox === undefined ? '/connect' : '/try';
	const button = mailbox === undefined ? 'Connect Microsoft 365' : 'Send and read a message';
	response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(`<!doctype html>
		<title>Settings</title><h1>Settings</h1><p>Mailbox: ${mailbox ?? 'none'}</p>
		<form action="${action}"><button>${button}</button></form><p role="status">${told}</p>`);
}

async function send({ smtp, accessToken, mailbox }: Login, subject: string): Promise<void> {
	const auth = { type: 'OAuth2', user: smtp?.user ?? '', accessToken } as const;
	const at = { host: smtp?.host ?? '', port: smtp?.port ?? 0 };
	const transport = createTransport({ ...at, requireTLS: true, tls, auth });
	await transport.sendMail({ from: mailbox, to: mailbox, subject, text: 'It works.' });
	transport.close();
}

async function subjects({ imap, accessToken }: Login): Promise<string[]> {
	const auth = { user: imap?.user ?? '', accessToken };
	const at = { host: imap?.host ?? '', port: imap?.port ?? 0, secure: true };
	const client = new ImapFlow({ ...at, auth, tls, logger: false });
	await client.connect();
	await client.mailboxOpen('INBOX');
	const found = await client.fetchAll('1:*', { envelope: true });
	await client.logout();
	return found.map(({ envelope }) => envelope?.subject ?? '');
}
