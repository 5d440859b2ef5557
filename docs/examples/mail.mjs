// A mail engine in Node.js: asks the helper for a login, reads the INBOX (imapflow) and sends a message (nodemailer).
// HELPER, SITE_KEY and IDENTIFIER come from the environment. Ask before each login; keep nothing.

import { setTimeout as sleep } from 'node:timers/promises';
import { ImapFlow } from 'imapflow';
import { createTransport } from 'nodemailer';

const { HELPER, SITE_KEY, IDENTIFIER } = process.env;

async function resolve(tries = 5) {
	const response = await fetch(`${HELPER}/api/v1/resolve`, {
		method: 'POST',
		headers: { authorization: `Bearer ${SITE_KEY}`, 'content-type': 'application/json' },
		body: JSON.stringify({ identifier: IDENTIFIER }),
	});
	const answer = await response.json();
	if (response.ok) return answer;
	// 429 and 503 pass by themselves. Nothing else does: a person has to act.
	if ((response.status === 429 || response.status === 503) && tries > 1) {
		await sleep(Number(response.headers.get('retry-after') ?? 5) * 1000);
		return resolve(tries - 1);
	}
	throw new Error(`${answer.error}: ${answer.message} ${answer.sign_in_url ?? ''}`);
}

async function countMessages() {
	const { access_token: accessToken, imap } = await resolve();
	const client = new ImapFlow({
		host: imap.host,
		port: imap.port,
		secure: true,
		auth: { user: imap.user, accessToken },
		logger: false,
	});
	await client.connect();
	const { exists } = await client.mailboxOpen('INBOX', { readOnly: true });
	await client.logout();
	return exists;
}

async function send() {
	const { mailbox, smtp } = await resolve();
	const secure = smtp.port === 465;
	const transport = createTransport({
		host: smtp.host,
		port: smtp.port,
		secure,
		requireTLS: !secure,
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

console.log(`INBOX has ${await countMessages()} messages`);
if (process.argv.includes('--send')) {
	await send();
	console.log('sent');
}
