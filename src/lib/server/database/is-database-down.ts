// How a database that is down is told from a fault in a statement.

/** Connection lost or refused, server starting, stopping or read-only: it may work again in a moment. */
export function isDatabaseDown(error: unknown): boolean {
	if (!(error instanceof Error)) return false;
	const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
	if (DOWN_CODES.has(code) || /^(08|53|57P)/.test(code)) return true;
	return error.cause !== undefined && isDatabaseDown(error.cause);
}

/** Of postgres.js, of Node's sockets, and PostgreSQL's: read-only, serialization failure, deadlock. */
const DOWN_CODES = new Set([
	'CONNECTION_CLOSED',
	'CONNECTION_DESTROYED',
	'CONNECTION_ENDED',
	'CONNECT_TIMEOUT',
	'DATABASE_SILENT',
	'ECONNREFUSED',
	'ECONNRESET',
	'EPIPE',
	'ERR_SOCKET_CLOSED',
	'ERR_STREAM_DESTROYED',
	'ENOTFOUND',
	'EAI_AGAIN',
	'ETIMEDOUT',
	'EHOSTUNREACH',
	'ENETUNREACH',
	// No row where there is always one: an answer to something else.
	'DATABASE_CONFUSED',
	// A named statement that a pooler has taken away, or given to somebody else.
	'26000',
	'42P05',
	'25006',
	'40001',
	'40P01',
	// A row that somebody else has locked for longer than a statement may take.
	'55P03',
	'57014',
]);
