// POP3 with a client, until it is logged in (RFC 1939, 2449, 2595, 3206, 5034).

import { countFailedLogins } from './failed-logins.ts';
import type { Dialogue, Upstream, ClientSession } from './protocol.ts';
import { MAX_COMMANDS } from './protocol.ts';
import { authenticate, MAX_RESPONSE_LENGTH, type SaslResult } from './sasl.ts';

const TLS_FIRST = '-ERR [AUTH] Use STLS first: a login in clear is not taken here.\r\n';

export const popDialogue: Dialogue = {
	goodbye: {
		shutdown: '-ERR [SYS/TEMP] The mail gateway is stopping; try again in a moment.\r\n',
		too_many: '-ERR [SYS/TEMP] The mail gateway has too many connections; try again later.\r\n',
		too_slow: '-ERR [SYS/TEMP] Nobody logged in for too long.\r\n',
		line_too_long: '-ERR The line is too long.\r\n',
		broken: '-ERR [SYS/TEMP] The mail gateway failed; try again later.\r\n',
	},

	async converse(session) {
		const { wire } = session;
		wire.write('+OK Mailkey mail gateway ready.\r\n');
		let user: string | undefined;
		const failures = countFailedLogins();
		for (let count = 0; count < MAX_COMMANDS && !failures.areTooMany(); count += 1) {
			const line = await wire.readLine(MAX_RESPONSE_LENGTH);
			if (line === undefined) return undefined;
			const [name = '', ...words] = line.split(' ');
			const rest = words.join(' ');
			const command = name.toUpperCase();
			const isClosed = session.tls() === 'required';
			let asked: SaslResult | undefined;
			if (['USER', 'PASS', 'AUTH'].includes(command) && isClosed) {
				wire.write(TLS_FIRST);
				continue;
			}
			if (command === 'QUIT') return wire.end('+OK Goodbye.\r\n');
			if (command === 'USER' && rest !== '') {
				user = rest;
				wire.write('+OK Now the identifier as password.\r\n');
			} else if (command === 'PASS' && user !== undefined) {
				asked = { user, password: rest };
				user = undefined;
			} else if (command === 'AUTH' && rest.trim() !== '') {
				const [mechanism = '', initial] = rest.trim().split(/ +/);
				asked = await authenticate(mechanism, initial, (challenge) => {
					wire.write(`+ ${challenge}\r\n`);
					return wire.readLine(MAX_RESPONSE_LENGTH);
				});
			} else if (command === 'STLS' && session.tls() !== 'none') {
				wire.write('+OK Begin TLS.\r\n');
				session.startTls();
				user = undefined;
			} else {
				wire.write(simpleAnswer(command, session));
			}
			if (asked === undefined) continue;
			const upstream = await logIn(session, asked);
			if (upstream) return upstream;
			failures.add(asked);
		}
		// Without a word: POP3 has one answer to a command, and Thunderbird takes a second for that to its next.
		return wire.end('');
	},
};

async function logIn(
	{ wire, logIn }: ClientSession,
	asked: SaslResult,
): Promise<Upstream | undefined> {
	if (asked === 'gone') return undefined;
	if (typeof asked === 'string') {
		wire.write(`-ERR ${SASL_FAULTS[asked]}\r\n`);
		return undefined;
	}
	const outcome = await logIn(asked);
	if (outcome.kind === 'open') return outcome.upstream;
	const code = outcome.kind === 'refused' ? 'AUTH' : 'SYS/TEMP';
	wire.write(`-ERR [${code}] ${outcome.words}\r\n`);
	return undefined;
}

const SASL_FAULTS = {
	cancelled: 'Cancelled.',
	malformed: 'This is no login as the mechanism has it.',
	unknown_mechanism: 'Only PLAIN and LOGIN are offered.',
};

function simpleAnswer(command: string, { tls }: ClientSession): string {
	switch (command) {
		case 'CAPA':
			return [
				'+OK Capability list follows.',
				'TOP',
				'UIDL',
				'RESP-CODES',
				'AUTH-RESP-CODE',
				...(tls() === 'none' ? [] : ['STLS']),
				...(tls() === 'required' ? [] : ['USER', 'SASL PLAIN LOGIN']),
				'.\r\n',
			].join('\r\n');
		case 'AUTH':
			return '+OK\r\nPLAIN\r\nLOGIN\r\n.\r\n';
		case 'PASS':
			return '-ERR USER comes first.\r\n';
		case 'STLS':
			return '-ERR TLS cannot be started here.\r\n';
		default:
			return '-ERR Log in first.\r\n';
	}
}
