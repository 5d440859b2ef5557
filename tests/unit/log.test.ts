// What gets into the log of an error: its name, its code and where it happened, and no word of what it quotes.

import { Writable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { describeError } from '../../src/lib/server/describe-error.ts';
import { createLog, type LogLevel } from '../../src/lib/server/log.ts';
import { textMatching } from '../support/matchers.ts';

const secret = '0.AXoA-refresh-token';

function capture(level: LogLevel, mailboxes?: 'masked' | 'full') {
	const lines: string[] = [];
	const destination = new Writable({
		write(chunk, _encoding, done) {
			lines.push(String(chunk));
			done();
		},
	});
	return { log: createLog({ level, destination, ...(mailboxes && { mailboxes }) }), lines };
}

function withCode(message: string, code: unknown): Error {
	return Object.assign(new Error(message), { code, body: secret, config: { secret } });
}

describe('an error is described without its message', () => {
	test.each<[string, unknown]>([
		['in the message', new Error(`cannot use ${secret}`)],
		['in a message of many lines', new Error(`cannot use\n${secret}\nhere`)],
		['in a message that looks like a stack', new Error(`cannot use\n    at ${secret} (x.js:1:1)`)],
		['in its own fields', withCode('failed', 'ECONNRESET')],
		['in the cause', new Error('failed', { cause: new Error(secret) })],
		[
			'in the cause of the cause',
			new Error('a', { cause: new Error('b', { cause: withCode(secret, 'E') }) }),
		],
		['in a cause that is a text', new Error('failed', { cause: secret })],
		['in a cause that is an object', new Error('failed', { cause: { secret } })],
		['in a code that is an object', withCode('failed', { secret })],
		['in the errors of an aggregate', new AggregateError([new Error(secret)], secret)],
		['thrown as a text', secret],
		['thrown as an object', { message: secret, secret }],
		['in a stack that was replaced', Object.assign(new Error('x'), { stack: `Error: ${secret}` })],
	])('%s', (_name, error) => {
		expect(JSON.stringify(describeError(error))).not.toContain(secret);
		const { log, lines } = capture('debug');
		log.error({ err: error }, 'it failed');
		expect(lines).toHaveLength(1);
		expect(lines.join()).not.toContain(secret);
		expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 'error', msg: 'it failed' });
	});
});

test('name, code, place and causes of an error are there', () => {
	const cause = withCode('refused', 'ECONNREFUSED');
	const described = describeError(new TypeError('fetch failed', { cause }));
	expect(described).toMatchObject({
		name: 'TypeError',
		at: textMatching(/^at .*log\.test\.ts/),
		cause: { name: 'Error', code: 'ECONNREFUSED' },
	});
});

test('an error that is its own cause ends', () => {
	const error = new Error('round');
	error.cause = error;
	const { log, lines } = capture('info');
	log.error({ err: error }, 'it failed');
	expect(lines).toHaveLength(1);
});

test('a line is JSON with a level in words, an ISO time and no host name', () => {
	const { log, lines } = capture('info');
	log.info({ signIn: 'abc' }, 'token stored');
	const line: unknown = JSON.parse(lines[0] ?? '');
	expect(line).toEqual({
		level: 'info',
		time: textMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
		signIn: 'abc',
		msg: 'token stored',
	});
});

test.each([
	['debug', 4],
	['info', 3],
	['warn', 2],
	['error', 1],
] as const)('at level %s there are %i of four lines', (level, count) => {
	const { log, lines } = capture(level);
	for (const each of ['debug', 'info', 'warn', 'error'] as const) log[each]('hello');
	expect(lines).toHaveLength(count);
});

describe('fields', () => {
	test('that are not listed are left out, and named', () => {
		const { log, lines } = capture('info');
		// @ts-expect-error what is not listed does not compile
		log.info({ signIn: 'abc', accessToken: secret }, 'token stored');
		expect(lines.join()).not.toContain(secret);
		expect(JSON.parse(lines[0] ?? '')).toMatchObject({ signIn: 'abc', left_out: ['accessToken'] });
	});

	test.each([
		['masked', 'e***@mycompany.com'],
		['full', 'equis@mycompany.com'],
	] as const)('name a mailbox %s', (mailboxes, expected) => {
		const { log, lines } = capture('info', mailboxes);
		log.info({ mailbox: 'equis@mycompany.com' }, 'login');
		expect(JSON.parse(lines[0] ?? '')).toMatchObject({ mailbox: expected });
	});

	test.each(['\r\n{"level":"error"}', '\u001b[31mred', '\u0000', '\u2028'])(
		'cannot begin a line of their own: %j',
		(text) => {
			const { log, lines } = capture('info');
			log.info({ reason: text }, text);
			expect(
				lines
					.join('')
					.trimEnd()
					.split(/[\r\n]/),
			).toHaveLength(1);
			expect(JSON.parse(lines[0] ?? '')).toMatchObject({ reason: text, msg: text });
		},
	);
});
