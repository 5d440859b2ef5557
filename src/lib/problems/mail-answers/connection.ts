// The words for a mail server that could not be asked at all. Except for what passes by itself, only the
// operator can look into the network between the helper and the server.

import { orElseTellOperator, tellOperator } from '../aadsts/entry.ts';
import { PROTOCOL_FACTS } from '../../domain/mail-protocol.ts';
import { protocolNameIn, type MailWords } from './context.ts';

const SIGN_IN_IS_FINE = 'The sign-in itself is fine.';

export const CONNECTION_WORDS = {
	timed_out: (protocol) => ({
		who: 'nobody',
		title: 'The mail server did not answer in time',
		explanation: `The server for ${protocolNameIn(protocol, 'en')} took too long. ${SIGN_IN_IS_FINE}`,
		next_step: `Wait a few minutes, then press “Check again”. ${orElseTellOperator(`check ${PROTOCOL_FACTS[protocol].setting} and the firewall.`)}`,
	}),
	connection_refused: (protocol) => ({
		who: 'operator',
		title: 'The mail server took no connection',
		explanation: `The server for ${protocolNameIn(protocol, 'en')} turned the connection away. ${SIGN_IN_IS_FINE}`,
		next_step: tellOperator(
			`check ${PROTOCOL_FACTS[protocol].setting}, and that the firewall lets the helper out to this port.`,
		),
	}),
	connection_lost: (protocol) => ({
		who: 'nobody',
		title: 'The connection to the mail server broke off',
		explanation: `The server for ${protocolNameIn(protocol, 'en')} hung up in the middle of the login. ${SIGN_IN_IS_FINE}`,
		next_step: `Wait a few minutes, then press “Check again”. ${orElseTellOperator(`check ${PROTOCOL_FACTS[protocol].setting} and the firewall.`)}`,
	}),
	server_name_unknown: (protocol) => ({
		who: 'operator',
		title: 'The mail server was not found',
		explanation: `The name of the server for ${protocolNameIn(protocol, 'en')} does not exist, or could not be looked up. ${SIGN_IN_IS_FINE}`,
		next_step: tellOperator(
			`check the host in ${PROTOCOL_FACTS[protocol].setting}, and the name resolution of the helper’s machine.`,
		),
	}),
	starttls_missing: (protocol) => ({
		who: 'operator',
		title: 'The mail server offers no encryption',
		explanation: `The server for ${protocolNameIn(protocol, 'en')} wanted to go on unencrypted, so nothing was sent to it. ${SIGN_IN_IS_FINE}`,
		next_step: tellOperator(
			`the server offers no STARTTLS. Check ${PROTOCOL_FACTS[protocol].setting}, and look for a firewall that takes STARTTLS out.`,
		),
	}),
	certificate_not_trusted: (protocol) => ({
		who: 'operator',
		title: 'The mail server could not prove who it is',
		explanation: `The certificate of the server for ${protocolNameIn(protocol, 'en')} is not the right one, so nothing was sent to it. ${SIGN_IN_IS_FINE}`,
		next_step: tellOperator(
			`check the host in ${PROTOCOL_FACTS[protocol].setting}, and look for a firewall that opens encrypted connections. The certificate of a private server belongs into NODE_EXTRA_CA_CERTS.`,
		),
	}),
	answer_not_understood: (protocol) => ({
		who: 'operator',
		title: 'The mail server’s answer made no sense',
		explanation: `Something answered for ${protocolNameIn(protocol, 'en')}, but not as a mail server does. ${SIGN_IN_IS_FINE}`,
		next_step: tellOperator(
			`check host, port and kind of encryption in ${PROTOCOL_FACTS[protocol].setting}.`,
		),
	}),
} satisfies Partial<MailWords>;
