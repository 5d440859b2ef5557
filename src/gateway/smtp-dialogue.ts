// SMTP submission with a client, until it is logged in (RFC 5321, 6409, 4954, 3207, 3463).

import { countFailedLogins, type FailedLogins } from './failed-logins.ts';
import type { Dialogue, LoginOutcome, ClientSession } from './protocol.ts';
import { MAX_COMMANDS, SMTP_NAME } from './protocol.ts';
import { authenticate, MAX_RESPONSE_LENGTH, type SaslResult } from './sasl.ts';

export const smtpDialogue: Dialogue = {
	goodbye: {
		shutdown: '421 4.3.2 The mail gateway is stopping; try again in a moment.\r\n',
		too_many: '421 4.3.2 The mail gateway has too many connections; try again later.\r\n',
		too_slow: '421 4.4.2 Nobody logged in for too long.\r\n',
		line_too_long: '500 5.5.6 The line is too long.\r\n',
		broken: '421 4.3.0 The mail gateway failed; try again later.\r\n',
	},

	async converse(session) {
		const { wire } = session;
		wire.write(`220 ${SMTP_NAME} ESMTP Mailkey mail gateway ready\r\n`);
		let hasGreeted = false;
		const failures = countFailedLogins();
		// Thunderbird may show these; those of a 535 it never does.
		let lastWords = 'Too many tries; connect again.';
		for (let count = 0; count < MAX_COMMANDS && !failures.areTooMany(); count += 1) {
			const line = await wire.readLine(MAX_RESPONSE_LENGTH);
			if (line === undefined) return undefined;
			const [name = '', ...rest] = line.trimEnd().split(/ +/);
			const command = name.toUpperCase();
			if (command === 'QUIT') return wire.end('221 2.0.0 Goodbye.\r\n');
			if (command === 'EHLO' || command === 'HELO') {
				hasGreeted = isName(rest);
				wire.write(hasGreeted ? hello(command, session) : '501 5.5.4 Say your name.\r\n');
			} else if (command === 'STARTTLS' && session.tls() !== 'none') {
				wire.write('220 2.0.0 Begin TLS.\r\n');
				session.startTls();
				hasGreeted = false;
			} else if (command === 'AUTH' && hasGreeted && session.tls() !== 'required') {
				const outcome = await auth(session, rest, failures);
				if (outcome?.kind === 'open') return outcome.upstream;
				if (outcome) lastWords = outcome.words;
			} else {
				wire.write(simpleAnswer(command, session, hasGreeted));
			}
		}
		return wire.end(`421 4.7.0 ${lastWords}\r\n`);
	},
};

/** Machines have names that are no host names; the mail server does not hear it. */
function isName([name]: readonly string[]): boolean {
	return name !== undefined && /^[\x21-\x7e\x80-\xff]{1,255}$/.test(name);
}

function hello(command: 'EHLO' | 'HELO', { extensions, tls }: ClientSession): string {
	if (command === 'HELO') return `250 ${SMTP_NAME}\r\n`;
	const lines = [
		SMTP_NAME,
		...extensions(),
		...(tls() === 'none' ? [] : ['STARTTLS']),
		...(tls() === 'required' ? [] : ['AUTH PLAIN LOGIN']),
	];
	const last = lines.length - 1;
	return lines.map((line, index) => `250${index === last ? ' ' : '-'}${line}\r\n`).join('');
}

async function auth(
	{ wire, logIn }: ClientSession,
	[mechanism = '', initial]: readonly string[],
	failures: FailedLogins,
): Promise<LoginOutcome | undefined> {
	const asked: SaslResult = await authenticate(mechanism, initial, (challenge) => {
		wire.write(`334 ${challenge}\r\n`);
		return wire.readLine(MAX_RESPONSE_LENGTH);
	});
	if (asked === 'gone') return undefined;
	if (typeof asked === 'string') {
		failures.add(asked);
		wire.write(SASL_FAULTS[asked]);
		return undefined;
	}
	const outcome = await logIn(asked);
	if (outcome.kind !== 'open') {
		failures.add(asked);
		const code = outcome.kind === 'refused' ? '535 5.7.8' : '454 4.7.0';
		wire.write(`${code} ${outcome.words}\r\n`);
	}
	return outcome;
}

const SASL_FAULTS = {
	cancelled: '501 5.7.0 Cancelled.\r\n',
	malformed: '501 5.5.2 This is no login as the mechanism has it.\r\n',
	unknown_mechanism: '504 5.5.4 Only PLAIN and LOGIN are offered.\r\n',
};

function simpleAnswer(command: string, { tls }: ClientSession, hasGreeted: boolean): string {
	switch (command) {
		case 'NOOP':
		case 'RSET':
			return '250 2.0.0 OK\r\n';
		case 'STARTTLS':
			return '502 5.5.1 TLS cannot be started here.\r\n';
		case 'AUTH':
			return hasGreeted
				? '538 5.7.11 Use STARTTLS first: a login in clear is not taken here.\r\n'
				: '503 5.5.1 EHLO comes first.\r\n';
		case 'MAIL':
		case 'RCPT':
		case 'DATA':
		case 'BDAT':
		case 'VRFY':
		case 'EXPN':
			return tls() === 'required'
				? '530 5.7.0 Use STARTTLS first.\r\n'
				: '530 5.7.0 Log in first.\r\n';
		default:
			return '500 5.5.2 This command is not known.\r\n';
	}
}
