// A mail engine in Node.js: asks the helper for a login (mailkey-client), reads the INBOX (imapflow) and sends a message
// (nodemailer). HELPER, SITE_KEY and IDENTIFIER come from the environment. Ask before each login; keep nothing yourself.

import { setTimeout as sleep } from 'node:timers/promises';
import { ImapFlow } from 'imapflow';
import { createClient, TryLaterError } from 'mailkey-client';
import { createTransport } from 'nodemailer';

const { HELPER, SITE_KEY, IDENTIFIER } = process.env;
const helper = createClient({ helper: HELPER, siteKey: SITE_KEY });

async function resolve(tries = 5) {
	try {
		return await helper.resolve(IDENTIFIER);
	} catch (error) {
		// 429 and 503 pass by themselves. Nothing else does: a person has to act.
		if (!(error instanceof TryLaterError) || tries === 1) throw error;
		await sleep(error.retryAfterMs);
		return resolve(tries - 1);
	}
}

async function readInbox() {
	const { accessToken, imap } = await resolve();
	const client = new ImapFlow({
		host: imap.host,
		port: imap.port,
		secure: imap.security === 'tls',
		auth: { user: imap.user, accessToken },
		logger: false,
	});
	await client.connect();
	const { exists } = await client.mailboxOpen('INBOX', { readOnly: true });
	const newest = exists > 0 && (await client.fetchOne('*', { envelope: true }));
	await client.logout();
	return { count: exists, newest: newest ? newest.envelope.subject : undefined };
}

async function send() {
	const { mailbox, smtp } = await resolve();
	const transport = createTransport({
		host: smtp.host,
		port: smtp.port,
		secure: smtp.security === 'tls',
		requireTLS: smtp.security === 'starttls',
		// The helper's own SASL string, after the server's continuation: in one line it is too long for some servers.
		auth: { type: 'custom', method: 'TWO-LINES', user: smtp.user, pass: '' },
		customAuth: {
			'TWO-LINES': async ({ sendCommand }) => {
				await sendCommand('AUTH XOAUTH2');
				const { status, response } = await sendCommand(smtp.xoauth2);
				if (status !== 235) throw new Error(`SMTP login refused: ${response}`);
			},
		},
	});
	await transport.sendMail({
		from: mailbox,
		to: mailbox,
		subject: 'Hello from Node.js',
		text: 'Hello',
	});
	transport.close();
}

const { count, newest } = await readInbox();
console.log(`INBOX has ${count} messages`);
if (newest) console.log(`the newest: ${newest}`);
if (process.argv.includes('--send')) {
	await send();
	console.log('sent');
}
