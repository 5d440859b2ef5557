// IMAP with a client, until it is logged in (RFC 3501, 9051, 2971, 4959, 5530, 7888).

import { readAstrings, readImapCommand, type ImapCommand } from './imap-command.ts';
import type { Dialogue, Upstream, ClientSession } from './protocol.ts';
import { MAX_COMMANDS, MAX_FAILURES } from './protocol.ts';
import { authenticate, MAX_RESPONSE_LENGTH, type SaslResult } from './sasl.ts';

export const imapDialogue: Dialogue = {
	goodbye: {
		shutdown: '* BYE [UNAVAILABLE] The mail gateway is stopping; try again in a moment.\r\n',
		too_many: '* BYE [UNAVAILABLE] The mail gateway has too many connections; try again later.\r\n',
		too_slow: '* BYE Nobody logged in for too long.\r\n',
		line_too_long: '* BAD The line is too long.\r\n* BYE Goodbye.\r\n',
		broken: '* BYE [SERVERBUG] The mail gateway failed; try again later.\r\n',
	},

	async converse(session) {
		const { wire } = session;
		wire.write(`* OK [CAPABILITY ${capabilities(session)}] Mailkey mail gateway ready.\r\n`);
		let failures = 0;
		for (let count = 0; count < MAX_COMMANDS && failures < MAX_FAILURES; count += 1) {
			const command = await readImapCommand(wire);
			if (command === undefined) return undefined;
			if ('fault' in command) {
				if (command.fault === 'malformed') {
					wire.write(`${command.tag ?? '*'} BAD This is no IMAP command.\r\n`);
					continue;
				}
				wire.write(`${command.tag} BAD [TOOBIG] The literal is too long.\r\n`);
				if (command.isSent) return wire.end('* BYE Goodbye.\r\n');
				continue;
			}
			if (command.name === 'LOGOUT') {
				return wire.end(`* BYE Goodbye.\r\n${command.tag} OK LOGOUT completed.\r\n`);
			}
			const credentials = await askedCredentials(session, command);
			if (credentials === undefined) continue;
			const upstream = await logIn(session, command, credentials, failures);
			if (upstream) return upstream;
			failures += 1;
		}
		return wire.end('* BYE Too many tries; connect again.\r\n');
	},
};

/** Undefined when the command was none that logs in, and is answered. */
async function askedCredentials(
	session: ClientSession,
	command: ImapCommand,
): Promise<SaslResult | undefined> {
	const { wire } = session;
	const { tag, name } = command;
	const isLogin = name === 'LOGIN' || name === 'AUTHENTICATE';
	if (!isLogin) {
		answerSimple(session, command);
		return undefined;
	}
	if (session.tls() === 'required') {
		wire.write(`${tag} NO [PRIVACYREQUIRED] Use STARTTLS first: no login is taken in clear.\r\n`);
		return undefined;
	}
	const [first = '', second, ...more] = readAstrings(command) ?? [];
	if (name === 'LOGIN') {
		if (first === '' || second === undefined || more.length > 0) return 'malformed';
		return { user: first, password: second };
	}
	return authenticate(first, second, (challenge) => {
		wire.write(`+ ${challenge}\r\n`);
		return wire.readLine(MAX_RESPONSE_LENGTH);
	});
}

async function logIn(
	{ wire, logIn }: ClientSession,
	{ tag }: ImapCommand,
	asked: SaslResult,
	failures: number,
): Promise<Upstream | undefined> {
	if (asked === 'gone') return undefined;
	if (typeof asked === 'string') {
		wire.write(`${tag} ${SASL_FAULTS[asked]}\r\n`);
		return undefined;
	}
	const outcome = await logIn(asked, tag);
	if (outcome.kind === 'open') return outcome.upstream;
	const code = outcome.kind === 'refused' ? 'AUTHENTICATIONFAILED' : 'UNAVAILABLE';
	// Many programs say of a login only that it failed; an alert they must show (RFC 9051, section 7.1). Some try each
	// mechanism in turn, and would show it for each.
	if (failures === 0) wire.write(`* NO [ALERT] ${outcome.words}\r\n`);
	wire.write(`${tag} NO [${code}] ${outcome.words}\r\n`);
	return undefined;
}

const SASL_FAULTS = {
	cancelled: 'BAD Cancelled.',
	malformed: 'BAD A login has a user name and a password.',
	unknown_mechanism: 'NO [CANNOT] Only PLAIN and LOGIN are offered.',
};

function answerSimple(session: ClientSession, { tag, name }: ImapCommand): void {
	const { wire } = session;
	if (name === 'CAPABILITY') {
		wire.write(`* CAPABILITY ${capabilities(session)}\r\n${tag} OK CAPABILITY completed.\r\n`);
	} else if (name === 'NOOP') {
		wire.write(`${tag} OK NOOP completed.\r\n`);
	} else if (name === 'ID') {
		wire.write(`* ID ("name" "Mailkey mail gateway")\r\n${tag} OK ID completed.\r\n`);
	} else if (name === 'STARTTLS' && session.tls() !== 'none') {
		wire.write(`${tag} OK Begin TLS.\r\n`);
		session.startTls();
	} else {
		wire.write(`${tag} BAD Log in first.\r\n`);
	}
}

/** IDLE among them, as some clients never ask again once they are logged in; Exchange Online has it. */
function capabilities({ tls }: ClientSession): string {
	const state = tls();
	return [
		'IMAP4rev1 SASL-IR LITERAL- ID IDLE',
		...(state === 'none' ? [] : ['STARTTLS']),
		state === 'required' ? 'LOGINDISABLED' : 'AUTH=PLAIN AUTH=LOGIN',
	].join(' ');
}
