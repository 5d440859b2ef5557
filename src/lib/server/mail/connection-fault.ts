// What the network, TLS or a library threw, as the reason why no answer came. By Node's and OpenSSL's codes;
// the codes of imapflow and nodemailer are among them.

import type { MailLoginResult, UnreachableReason } from '../../domain/mail-login.ts';

const REASONS: Record<string, UnreachableReason> = {
	ETIMEDOUT: 'timeout',
	ETIMEOUT: 'timeout',
	CONNECT_TIMEOUT: 'timeout',
	GREETING_TIMEOUT: 'timeout',
	ECONNREFUSED: 'connection_refused',
	EHOSTUNREACH: 'connection_refused',
	ENETUNREACH: 'connection_refused',
	EACCES: 'connection_refused',
	ENOTFOUND: 'name_unknown',
	EAI_AGAIN: 'name_unknown',
	EDNS: 'name_unknown',
	ECONNRESET: 'connection_lost',
	EPIPE: 'connection_lost',
	ERR_STREAM_PREMATURE_CLOSE: 'connection_lost',
	ECONNECTION: 'connection_lost',
	NoConnection: 'connection_lost',
	EConnectionClosed: 'connection_lost',
	ClosedAfterConnectTLS: 'connection_lost',
	ClosedAfterConnectText: 'connection_lost',
	STARTTLS_MISSING: 'no_starttls',
};

/** OpenSSL's verdicts on a chain, and Node's on the name in it (nodejs.org, "tls", "X509 certificate error codes"). */
const CERTIFICATE =
	/CERT|^(?:SELF_SIGNED|DEPTH_ZERO|UNABLE_TO_|HOSTNAME_MISMATCH|INVALID_(?:CA|PURPOSE)|PATH_LENGTH)/;

export function faultOfConnection(error: unknown): MailLoginResult {
	const codes = codesOf(error);
	const reason = codes.map(reasonOf).find((found) => found !== undefined) ?? 'not_understood';
	const [detail] = codes;
	return { kind: 'unreachable', reason, ...(detail !== undefined && { detail }) };
}

function reasonOf(code: string): UnreachableReason | undefined {
	return CERTIFICATE.test(code) ? 'certificate' : REASONS[code];
}

/** The system's own first: nodemailer puts a code of its own in front. */
function codesOf(error: unknown): string[] {
	if (!(error instanceof Error)) return [];
	const own = [
		'originalCode' in error ? error.originalCode : undefined,
		'code' in error ? error.code : undefined,
	];
	return [...own.filter((code) => typeof code === 'string'), ...codesOf(error.cause)];
}
