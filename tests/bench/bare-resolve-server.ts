// The process of `bare-resolve.ts`.

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import postgres from 'postgres';
import { createResolveStore } from '../../src/lib/server/tokens/resolve-store.ts';
import { parseIdentifier } from '../../src/lib/domain/identifier.ts';

const sql = postgres(process.argv[2] ?? '', { max: 10 });
const store = createResolveStore(sql);

const server = createServer((request, response) => {
	let body = '';
	request.on('data', (chunk: Buffer) => (body += chunk.toString()));
	request.on('end', () => {
		const key = (request.headers.authorization ?? '').slice('Bearer '.length);
		const keySha256 = createHash('sha256').update(key).digest();
		const { identifier } = JSON.parse(body) as { identifier: string };
		void store.find(keySha256, parseIdentifier(identifier), new Date()).then((found) => {
			response.setHeader('content-type', 'application/json');
			response.end(JSON.stringify(answer(identifier, found?.token?.sealedAccessToken ?? '')));
		});
	});
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
process.send?.((server.address() as AddressInfo).port);

/** An answer as long as the real one: what was sealed stands in for the token. */
function answer(identifier: string, token: string): object {
	const login = { host: 'outlook.office365.com', port: 993, user: identifier, xoauth2: '' };
	login.xoauth2 = Buffer.from(`user=${identifier} auth=Bearer ${token}`).toString('base64');
	return { access_token: token, imap: login, pop: login, smtp: login };
}
