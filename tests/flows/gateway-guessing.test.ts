// Attacks on the gateway's passwords, each with what it reached: whoever guesses finds nothing, keeps nobody out, and
// uses up neither the helper's rate nor the places. Clients come from many addresses of loopback.

import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
	resolvedTo,
	startGatewayProcess,
	startResolveServer,
	type GatewayProcess,
	type ResolveServer,
} from '../support/gateway-process.ts';
import { logInByImap, openClient, type ImapLogin } from '../support/loopback-client.ts';
import { startScriptedServer, type ScriptedServer } from '../support/mail-script.ts';
import { until } from '../support/until.ts';

const identifierOf = (number: number, mailbox: string) => `ExternalOAuthToken:${number}:${mailbox}`;
const longNumber = (index: number) => 400_000_000_000_000 + index * 7_919;
const mailboxOf = (index: number) => `box-${index}@mycompany.com`;
const base64 = (text: string) => Buffer.from(text).toString('base64');

let helper: ResolveServer;
let imap: ScriptedServer;
let gateway: GatewayProcess;

beforeAll(async () => {
	helper = await startResolveServer();
	imap = await startScriptedServer(async (socket, lines) => {
		socket.write('* OK ready\r\n');
		await lines.next();
		socket.write('+ \r\n');
		await lines.next();
		socket.write('a OK in\r\n');
		while (!(await lines.next()).done);
		socket.end();
	});
});
afterEach(() => {
	helper.answers.clear();
	helper.asked.splice(0);
});
afterAll(async () => {
	await helper.stop();
	await imap.stop();
});

function withGateway(...args: string[]): void {
	beforeAll(async () => {
		gateway = await startGatewayProcess(helper.url, args);
	});
	afterAll(() => gateway.stop());
}

/** The identifier of a mailbox that the helper knows. */
function connect(index: number, number = longNumber(index)): Omit<ImapLogin, 'from'> {
	const mailbox = mailboxOf(index);
	const password = identifierOf(number, mailbox);
	helper.answers.set(password, resolvedTo({ imap: imap.server }, mailbox, 'a-token'));
	return { mailbox, password };
}

const logIn = (login: ImapLogin, limitMs = 60_000) =>
	logInByImap(gateway.ports['imap']!, login, limitMs);

/** As Thunderbird does: PLAIN, LOGIN and the LOGIN command in one go, then once more. */
async function poll(from: string, mailbox: string, password: string, isOver: () => boolean) {
	while (!isOver()) {
		const client = openClient(gateway.ports['imap']!, from);
		client.send(`a AUTHENTICATE PLAIN ${base64(`\0${mailbox}\0${password}`)}\r\n`);
		client.send(`b AUTHENTICATE LOGIN\r\n${base64(mailbox)}\r\n${base64(password)}\r\n`);
		client.send(`c LOGIN ${mailbox} ${password}\r\n`);
		await client.until(/^c (NO|BAD)|BYE/m, 20_000);
		client.socket.destroy();
		// A program's own rhythm, and a quick one.
		await sleep(200);
	}
}

describe('an attack on one mailbox', () => {
	withGateway();

	test('finds no number, though its owner uses it at the moment', async () => {
		const owner = { ...connect(1, 223), from: '127.0.1.1' };
		expect((await logIn(owner)).answer).toContain('a OK');
		const guesses = Array.from({ length: 300 }, (_, index) =>
			logIn({ ...owner, from: '127.0.1.2', password: identifierOf(index, owner.mailbox) }, 6_000),
		);
		const found = (await Promise.all(guesses)).filter(({ answer }) => answer.includes('a OK'));
		const asked = helper.asked.length - 1;
		const figures = `${found.length} of 300 guesses opened the mailbox, ${asked} reached the helper`;
		expect(found, figures).toEqual([]);
		expect(asked, figures).toBeLessThan(12);
		const known = await logIn(owner, 1_000);
		expect(known.answer, `its owner after ${known.ms} ms`).toContain('a OK');
	});

	test('is counted before the first guess is answered', async () => {
		const mailbox = mailboxOf(2);
		const guesses = Array.from({ length: 400 }, (_, index) =>
			logIn(
				{ from: '127.0.2.1', mailbox, password: identifierOf(longNumber(index), mailbox) },
				2_000,
			),
		);
		await Promise.all(guesses);
		const asked = helper.asked.length;
		expect(asked, `${asked} of 400 guesses reached the helper`).toBeLessThan(8);
	});

	test('from one address does not keep its owner out at another', async () => {
		const owner = connect(3);
		let isOver = false;
		const attack = async (attacker: number) => {
			for (let guess = 0; !isOver; guess += 1) {
				const password = identifierOf(longNumber(1_000 * attacker + guess), owner.mailbox);
				await logIn({ from: '127.0.3.1', mailbox: owner.mailbox, password }, 3_000);
			}
		};
		const attacks = Array.from({ length: 20 }, (_, attacker) => attack(attacker));
		await until('the attack', () => helper.asked.length >= 3);
		const logins: { answer: string; ms: number }[] = [];
		for (let home = 0; home < 20; home += 1) {
			logins.push(await logIn({ ...owner, from: `127.0.3.${home + 10}` }, 3_000));
		}
		isOver = true;
		await Promise.all(attacks);
		const out = logins.filter(({ answer }) => !answer.includes('a OK'));
		expect(out, `the owner was kept out ${out.length} times of 20`).toEqual([]);
	});
});

describe('a revoked identifier in mail programs', () => {
	withGateway();

	test('polled by six connections makes no other mailbox wait at that address', async () => {
		const mailbox = mailboxOf(100);
		let isOver = false;
		const polls = Array.from({ length: 6 }, () =>
			poll('127.0.4.1', mailbox, identifierOf(longNumber(100), mailbox), () => isOver),
		);
		await until('the polls', () => helper.asked.length > 0);
		const others = await Promise.all(
			Array.from({ length: 10 }, (_, index) =>
				logIn({ ...connect(101 + index), from: '127.0.4.1' }, 3_000),
			),
		);
		isOver = true;
		await Promise.all(polls);
		const times = others.map(({ answer, ms }) => (answer.includes('a OK') ? ms : Infinity));
		expect(times, `first logins took ${times.join(', ')} ms`).not.toContain(Infinity);
		const asked = helper.asked.filter(({ identifier }) => identifier.includes('box-100@')).length;
		expect(asked, `${asked} questions for the revoked one`).toBe(1);
	});
});

describe('of forty mailboxes at one address, one of them with a revoked identifier,', () => {
	withGateway();

	test('thirty-nine are in within a minute after a start', async () => {
		const mailbox = mailboxOf(200);
		let isOver = false;
		const stale = Array.from({ length: 2 }, () =>
			poll('127.0.5.1', mailbox, identifierOf(longNumber(200), mailbox), () => isOver),
		);
		await until('the polls', () => helper.asked.length > 0);
		const others = await Promise.all(
			Array.from({ length: 39 }, (_, index) =>
				logIn({ ...connect(201 + index), from: '127.0.5.1' }),
			),
		);
		isOver = true;
		await Promise.all(stale);
		const within = others.filter(({ answer, ms }) => answer.includes('a OK') && ms < 60_000);
		const slowest = Math.max(...others.map(({ ms }) => ms));
		const figures = `${within.length} of 39 in within 60 s, the last after ${slowest} ms`;
		expect(within, figures).toHaveLength(39);
	});
});

describe('a flood of guesses for many mailboxes from many addresses', () => {
	// In the first ten minutes half of it, 20 a second, is for those who are not known.
	withGateway('--resolve-rate', '40', '--long-numbers-only');
	const SECONDS = 4;

	test('uses no more than its share of the rate, and newcomers get their turn', async () => {
		const known = { ...connect(300), from: '127.0.6.1' };
		expect((await logIn(known)).answer).toContain('a OK');
		const before = helper.asked.length;
		let isOver = false;
		const attack = async (attacker: number) => {
			for (let guess = 0; !isOver; guess += 1) {
				const mailbox = mailboxOf(1_000 + 100 * attacker + guess);
				const password = identifierOf(longNumber(attacker * 1_000 + guess), mailbox);
				await logIn({ from: `127.0.7.${attacker % 40}`, mailbox, password }, 1_000);
			}
		};
		const attacks = Array.from({ length: 200 }, (_, attacker) => attack(attacker));
		const begun = performance.now();
		await until('the flood', () => helper.asked.length - before >= 20);
		const newcomer = await logIn({ ...connect(301), from: '127.0.6.2' }, 15_000);
		// In the queue it would wait for the 200 in front, at 20 a second.
		const again = await logIn(known, 5_000);
		const isLong = () => performance.now() - begun > SECONDS * 1_000;
		await until(`${SECONDS} seconds of it`, isLong);
		const seconds = (performance.now() - begun) / 1_000;
		isOver = true;
		await Promise.all(attacks);
		const asked = helper.asked.length - before;
		expect(asked, `${asked} questions in ${seconds} s`).toBeLessThan(20 * (seconds + 2) + 5);
		expect(newcomer.answer, `the newcomer after ${newcomer.ms} ms`).toContain('a OK');
		expect(again.answer, `the known one after ${again.ms} ms`).toContain('a OK');
	});

	test('asks nothing for short numbers where only long ones are taken', async () => {
		const short = { ...connect(400, 41_823), from: '127.0.8.1' };
		const { answer } = await logIn(short, 5_000);
		expect(answer).toContain('short numbers');
		const asked = helper.asked.filter(({ identifier }) => identifier === short.password);
		expect(asked).toEqual([]);
		expect((await logIn({ ...connect(401), from: '127.0.8.1' })).answer).toContain('a OK');
	});
});
