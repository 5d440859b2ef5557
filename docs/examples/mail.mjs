// A mail engine in Node.js: asks the helper for a login (mailkey-client), reads the INBOX (imapflow) and sends a message
// (nodemailer). HELPER, SITE_KEY and IDENTIFIER come from the environment. Ask before each login; keep nothing yourself.

import { setTimeout as sleep } from 'node:timers/promises';
import { ImapFlow } from 'imapflow';
import { createClient, TryLaterError } from 'mailkey-client';
import { createTransport } from 'nodemailer';

const { HELPER, SITE_KEY, IDENTIFIER } = process.env;

/** The mail server takes no such token: ask for another one, and log in once more. */
class LoginRefused extends Error {}

let helper;

async function resolve(options, tries = 5) {
	try {
		return await helper.resolve(IDENTIFIER, options);
	} catch (error) {
		// 429, 5xx and no answer pass by themselves. With any other a person has to act.
		if (!(error instanceof TryLaterError) || tries === 1) throw error;
		await sleep(error.retryAfterMs);
		return resolve(options, tries - 1);
	}
}

/** Once more, with a token that was just refreshed, where the mail server refuses the first. */
async function withLogin(protocol, use) {
	const loginFor = async (options) => {
		const login = await resolve(options);
		if (!login[protocol]) throw new Error(`${protocol} was not granted`);
		return use(login);
	};
	try {
		return await loginFor();
	} catch (error) {
		if (!(error instanceof LoginRefused)) throw error;
		return loginFor({ fresh: true, minTtlSeconds: 3000 });
	}
}

async function readInbox({ accessToken, imap }) {
	const client = new ImapFlow({
		host: imap.host,
		port: imap.port,
		secure: imap.security === 'tls',
		auth: { user: imap.user, accessToken },
		logger: false,
	});
	await client.connect().catch((error) => {
		throw error.authenticationFailed
			? new LoginRefused(`IMAP login refused: ${error.responseText ?? error.message}`)
			: error;
	});
	const { exists } = await client.mailboxOpen('INBOX', { readOnly: true });
	const newest = exists > 0 && (await client.fetchOne('*', { envelope: true }));
	await client.logout();
	return { count: exists, newest: newest && (newest.envelope.subject ?? '(no subject)') };
}

/** The helper's own SASL string, after the server's continuation: in one line it is too long for some servers. */
const logInSmtp =
	({ xoauth2 }) =>
	async ({ sendCommand }) => {
		let { status, response } = await sendCommand('AUTH XOAUTH2');
		if (status === 334) ({ status, response } = await sendCommand(xoauth2));
		// The reason of a refusal: an empty line gets the final answer.
		if (status === 334) ({ status, response } = await sendCommand(''));
		if (status >= 400 && status < 500)
			throw new Error(`SMTP is busy, try again later: ${response}`);
		if (status !== 235) throw new LoginRefused(`SMTP login refused: ${response}`);
	};

async function send({ mailbox, smtp }) {
	const transport = createTransport({
		host: smtp.host,
		port: smtp.port,
		secure: smtp.security === 'tls',
		requireTLS: smtp.security === 'starttls',
		auth: { type: 'custom', method: 'TWO-LINES', user: smtp.user, pass: '' },
		customAuth: { 'TWO-LINES': logInSmtp(smtp) },
	});
	try {
		const subject = 'Hello from Node.js';
		await transport.sendMail({ from: mailbox, to: mailbox, subject, text: 'Hello' });
	} finally {
		transport.close();
	}
}

try {
	helper = createClient({ helper: HELPER, siteKey: SITE_KEY });
	const { count, newest } = await withLogin('imap', readInbox);
	console.log(`INBOX has ${count} messages`);
	if (newest) console.log(`the newest: ${newest}`);
	if (process.argv.includes('--send')) {
		await withLogin('smtp', send);
		console.log('sent');
	}
} catch (error) {
	const { code, message, signInUrl = '' } = error;
	console.error(`${code ? `${code}: ` : ''}${message} ${signInUrl}`.trimEnd());
	process.exitCode = 1;
}
