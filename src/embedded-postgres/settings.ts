// How the embedded server is set. Given at each start and not written into the data folder, so that a newer release of
// ours sets data of any age in its own way.

/** As arguments for `postgres`; each `-c` overrides postgresql.conf. */
export function serverSettings(port: number, durability: 'full' | 'none'): string[] {
	const settings = { ...network(port), ...log, ...size, ...(durability === 'none' ? hasty : {}) };
	return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

function network(port: number) {
	return {
		listen_addresses: '127.0.0.1',
		port,
		// No Unix sockets: the path of one has room for about a hundred bytes, and folders can be deeper than that.
		unix_socket_directories: '',
		cluster_name: 'mailkey',
		TimeZone: 'UTC',
	};
}

/**
 * The log tells of the server and never of a statement or a value in it, so that no token can get there. An error's text
 * and detail may quote values (`invalid input syntax for type …: "…"`, `Failing row contains …`), so errors of statements
 * stay out altogether: the client that sent the statement gets them.
 */
const log = {
	log_min_messages: 'log',
	log_error_verbosity: 'terse',
	log_statement: 'none',
	log_min_error_statement: 'panic',
	log_min_duration_statement: -1,
	log_parameter_max_length: 0,
	log_parameter_max_length_on_error: 0,
	// Every five minutes, of no use here.
	log_checkpoints: 'off',
	log_timezone: 'UTC',
};

const size = {
	// Nothing replicates: one process less.
	max_logical_replication_workers: 0,
	// Most of what is written is images of pages, one for each page that is changed after a checkpoint.
	wal_compression: 'pglz',
};

/** For tests. A crash of the machine may lose everything; one of PostgreSQL or of us does not. */
const hasty = {
	fsync: 'off',
	synchronous_commit: 'off',
	full_page_writes: 'off',
	// Dozens of helpers at once, each with a pool.
	max_connections: 300,
};
