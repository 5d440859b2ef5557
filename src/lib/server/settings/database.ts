// Where the database is, and how it is connected to.

import { parseDatabaseUrl } from '../database/driver/database-url.ts';
import { DEFAULT_POOL_SIZE } from '../database/driver/driver.ts';
import { readNumber, readOneOf, type Reader } from './reader.ts';

export type DatabaseSettings =
	| {
			kind: 'url';
			url: string;
			/** Past a pooler, for migrations. */
			directUrl?: string | undefined;
	  }
	/** Embedded PostgreSQL in this folder. */
	| { kind: 'embedded'; directory: string };

export type DatabasePool = {
	/** Connections of this process. */
	size: number;
	pooler: 'none' | 'transaction';
};

export function readDatabase(reader: Reader): DatabaseSettings {
	const url = readDatabaseUrl(reader, 'DATABASE_URL');
	const directUrl = readDatabaseUrl(reader, 'DATABASE_DIRECT_URL');
	if (url !== undefined) return { kind: 'url', url, directUrl };
	if (directUrl !== undefined) {
		reader.fault('DATABASE_DIRECT_URL: DATABASE_URL is missing, which it is another way to.');
	}
	return { kind: 'embedded', directory: reader.path(reader.text('DATA_DIR') ?? 'data') };
}

export function readDatabasePool(reader: Reader): DatabasePool {
	return {
		size: readNumber(reader, 'DATABASE_POOL', { least: 2, most: 200, fallback: DEFAULT_POOL_SIZE }),
		pooler: readOneOf(reader, 'DATABASE_POOLER', ['none', 'transaction'] as const, 'none'),
	};
}

function readDatabaseUrl(reader: Reader, name: string): string | undefined {
	const text = reader.text(name);
	if (text === undefined || parseDatabaseUrl(text) !== undefined) return text;
	reader.fault(
		`${name} must be a URL such as postgres://user:password@host:5432/mailkey, or of several hosts postgres://user:password@a:5432,b:5432/mailkey?target_session_attrs=read-write.`,
	);
	return undefined;
}
