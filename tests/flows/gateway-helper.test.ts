// The whole way: somebody signs in at a helper as operators run it, and mail software logs in through the gateway with
// the identifier that came of it.

import { ImapFlow } from 'imapflow';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { storeTokenFor } from '../bench/store-token-for.ts';
import { startGatewayProcess, type GatewayProcess } from '../support/gateway-process.ts';
import { startTestPostgres, type TestPostgres } from '../support/postgres.ts';
import { startRunningHelper, type RunningHelper } from '../support/running-helper.ts';
import { findSecrets } from '../support/secret-search.ts';

const mailbox = 'equis@mycompany.com';

let postgres: TestPostgres;
let helper: RunningHelper;
let gateway: GatewayProcess;
let identifier: string;

beforeAll(async () => {
	postgres = await startTestPostgres();
	helper = await startRunningHelper(postgres.url);
	gateway = await startGatewayProcess(helper.origin, [], helper.site.key);
	identifier = await storeTokenFor(helper, mailbox);
}, 60_000);

afterAll(async () => {
	await gateway.stop();
	await helper.stop();
	await postgres.stop();
});

function open(pass: string) {
	return new ImapFlow({
		host: '127.0.0.1',
		port: gateway.ports['imap']!,
		auth: { user: mailbox, pass },
		doSTARTTLS: false,
		secure: false,
		logger: false,
	});
}

test('the identifier of a sign-in opens its mailbox', async () => {
	const client = open(identifier);
	await client.connect();
	expect(await client.mailboxOpen('INBOX')).toMatchObject({ path: 'INBOX' });
	await client.logout();
});

test('wrong ones do not, ask Microsoft for nothing, and harm the right one in nothing', async () => {
	const before = helper.microsoft.issued().length;
	const wrong = identifier.replace(/:\d+:/, ':999:');
	await expect(open(wrong).connect()).rejects.toMatchObject({ authenticationFailed: true });
	const client = open(identifier);
	await client.connect();
	await client.logout();
	expect(helper.microsoft.issued()).toHaveLength(before);
});

test('neither the gateway nor the helper logs a secret of it', () => {
	const secrets = [
		{ name: 'site key', value: helper.site.key },
		...helper.microsoft.issuedSecrets().map((value) => ({ name: 'issued by Microsoft', value })),
	];
	expect(secrets.length).toBeGreaterThan(2);
	expect(findSecrets(gateway.output() + helper.output(), secrets)).toEqual([]);
});
