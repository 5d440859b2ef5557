// The least that a server-side redirect flow can do: the server redeems the code in the request for the page
// and writes the identifier into it. No session, no check, no database: the baseline.

import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startPracticeMicrosoft } from '../../src/practice/microsoft/practice-microsoft.ts';

export type BareFlow = { redirectUri: string; begin(): URL; stop(): Promise<void> };

const CLIENT = {
	id: 'b7f1a6b2-95d4-43a8-8d0e-3c1f2a4b5c6d',
	secret: 'a secret of the baseline alone',
};

const SCOPES = [
	'openid profile email offline_access',
	...['IMAP.AccessAsUser.All', 'POP.AccessAsUser.All', 'SMTP.Send'].map(
		(right) => `https://outlook.office.com/${right}`,
	),
].join(' ');

/** With a practice Microsoft of its own, as that knows one redirect URI. */
export async function startBareFlow(): Promise<BareFlow> {
	const verifiers = new Map<string, string>();
	const server = createServer((request, response) => {
		void answer(request, response).catch((error: unknown) => response.end(String(error)));
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	const redirectUri = `http://127.0.0.1:${(server.address() as AddressInfo).port}/callback`;
	const microsoft = await startPracticeMicrosoft({
		directory: undefined,
		port: 0,
		client: { ...CLIENT, redirectUri },
	});

	async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
		const { searchParams } = new URL(request.url ?? '', redirectUri);
		const tokens = await fetch(`${microsoft.authority}/organizations/oauth2/v2.0/token`, {
			method: 'POST',
			body: new URLSearchParams({
				client_id: CLIENT.id,
				client_secret: CLIENT.secret,
				grant_type: 'authorization_code',
				code: searchParams.get('code') ?? '',
				code_verifier: verifiers.get(searchParams.get('state') ?? '') ?? '',
				redirect_uri: redirectUri,
				scope: SCOPES,
			}),
		});
		await tokens.json();
		if (!tokens.ok) throw new Error(`the baseline got no token: ${tokens.status}`);
		response.setHeader('content-type', 'text/html');
		response.end(
			'<!doctype html><label>OAuth token identifier <textarea readonly>ExternalOAuthToken:1:equis@mycompany.com</textarea></label>',
		);
	}

	return {
		redirectUri,
		begin() {
			const state = randomBytes(16).toString('base64url');
			const verifier = randomBytes(32).toString('base64url');
			verifiers.set(state, verifier);
			const url = new URL(`${microsoft.authority}/organizations/oauth2/v2.0/authorize`);
			url.search = new URLSearchParams({
				client_id: CLIENT.id,
				response_type: 'code',
				response_mode: 'fragment',
				redirect_uri: redirectUri,
				scope: SCOPES,
				state,
				nonce: randomBytes(16).toString('base64url'),
				code_challenge: createHash('sha256').update(verifier).digest('base64url'),
				code_challenge_method: 'S256',
				login_hint: 'equis@mycompany.com',
			}).toString();
			return url;
		},
		async stop() {
			server.close();
			server.closeAllConnections();
			await microsoft.stop();
		},
	};
}
