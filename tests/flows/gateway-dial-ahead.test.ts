// The way to the mail server is begun while the helper is asked, and nothing is said on it before the helper answers.

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import {
	resolvedTo,
	startGatewayProcess,
	startResolveServer,
	type GatewayProcess,
	type ResolveServer,
} from '../support/gateway-process.ts';
import { startScriptedServer, type ScriptedServer } from '../support/mail-script.ts';

const mailbox = 'equis@mycompany.com';
const identifier = `ExternalOAuthToken:12345:${mailbox}`;

let helper: ResolveServer;
let gateway: GatewayProcess;
let first: MailServer;
let release: () => void;

type MailServer = ScriptedServer & { open: Set<Socket>; heard: string[]; count(): number };

beforeEach(async () => {
	helper = await startResolveServer();
	gateway = await startGatewayProcess(helper.url);
	first = await startMailServer();
	helper.answers.set(identifier, resolvedTo({ imap: first.server }, mailbox, 'a-token'));
	release = () => undefined;
});

afterEach(async () => {
	release();
	await gateway.stop();
	await helper.stop();
	await first.stop();
});

async function startMailServer(): Promise<MailServer> {
	const open = new Set<Socket>();
	const heard: string[] = [];
	let count = 0;
	const server = await startScriptedServer(async (socket, lines) => {
		count += 1;
		open.add(socket);
		socket.once('close', () => open.delete(socket));
		socket.write('* OK ready\r\n');
		for (let next = await lines.next(); !next.done; next = await lines.next()) {
			heard.push(next.value);
			if (next.value.endsWith('LOGOUT')) break;
			const isToken = heard.at(-2)?.endsWith('XOAUTH2') ?? false;
			socket.write(isToken ? 'a OK in\r\n' : '+ \r\n');
		}
		socket.end();
	});
	return { ...server, open, heard, count: () => count };
}

function holdHelper(): void {
	helper.held = new Promise((resolve) => (release = resolve));
}

/** What it heard to its login. */
function logIn(password = identifier): { answer: Promise<string>; socket: Socket } {
	const socket = connect(gateway.ports['imap'] ?? 0, '127.0.0.1').setEncoding('latin1');
	socket.on('error', () => undefined);
	const answer = (async () => {
		await once(socket, 'data');
		socket.write(`a LOGIN ${mailbox} ${password}\r\n`);
		const [text] = (await once(socket, 'data')) as [string];
		socket.end('b LOGOUT\r\n');
		return text;
	})();
	return { answer, socket };
}

/** So that the next login has a last time. */
async function logInOnce(): Promise<void> {
	expect(await logIn().answer).toContain('a OK');
	await vi.waitFor(() => expect(first.open.size).toBe(0));
}

test('a login that was here before meets its mail server while the helper is asked', async () => {
	await logInOnce();
	holdHelper();
	const { answer } = logIn();
	await vi.waitFor(() => expect(first.open.size).toBe(1));
	const said = first.heard.length;
	await vi.waitFor(() => expect(helper.asked).toHaveLength(2));
	expect(first.heard).toHaveLength(said);
	release();
	expect(await answer).toContain('a OK');
	expect(first.count()).toBe(2);
});

test('a first login, and a guess, meet no mail server before the helper has answered', async () => {
	holdHelper();
	const logins = [logIn(), logIn(identifier.replace('12345', '99999'))];
	await vi.waitFor(() => expect(helper.asked).toHaveLength(2));
	expect(first.count()).toBe(0);
	release();
	const [right, guess] = await Promise.all(logins.map(({ answer }) => answer));
	expect(right).toContain('a OK');
	expect(guess).toContain('NO');
	expect(first.count()).toBe(1);
});

test.each([
	['was revoked', { status: 404, body: { error: 'unknown_identifier' } }],
	['needs a new sign-in', { status: 409, body: { error: 'x', sign_in_url: 'https://a.example/' } }],
	['is not answered for', { status: 503, body: { error: 'unavailable' } }],
])('an identifier that %s leaves no connection behind', async (_, fault) => {
	await logInOnce();
	holdHelper();
	const { answer } = logIn();
	await vi.waitFor(() => expect(first.open.size).toBe(1));
	const said = first.heard.length;
	helper.fault = fault;
	release();
	expect(await answer).toContain('NO');
	await vi.waitFor(() => expect(first.open.size).toBe(0));
	expect(first.heard).toHaveLength(said);
	// And the next one is not begun.
	await logIn().answer;
	expect(first.count()).toBe(2);
});

test('a client that leaves meanwhile leaves no connection behind', async () => {
	await logInOnce();
	holdHelper();
	const { answer, socket } = logIn();
	answer.catch(() => undefined);
	await vi.waitFor(() => expect(first.open.size).toBe(1));
	socket.resetAndDestroy();
	await vi.waitFor(() => expect(first.open.size).toBe(0));
});

test('a mailbox that moved is looked for where it is', async () => {
	await logInOnce();
	const second = await startMailServer();
	try {
		helper.answers.set(identifier, resolvedTo({ imap: second.server }, mailbox, 'a-token'));
		expect(await logIn().answer).toContain('a OK');
		expect(second.count()).toBe(1);
		await vi.waitFor(() => expect(first.open.size).toBe(0));
	} finally {
		await second.stop();
	}
});
