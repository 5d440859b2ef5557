// `DATABASE_URL`, with one host or several: postgres://user:password@a:5432,b:5432/mailkey. The driver takes a URL of one
// host; which of several is the primary, is found out here (primary.ts), and not by the driver (see driver.ts).

export type DatabaseHost = { host: string; port: number };

export type DatabaseAddress = {
	/** With one host. */
	url: string;
	/** Empty where the URL has one host alone. */
	hosts: readonly DatabaseHost[];
};

const HOST = /^(\[[0-9a-f:.]+\]|[^:[\]]+)(?::([0-9]{1,5}))?$/i;
const DEFAULT_PORT = 5432;

/** The helper writes, so a standby is of no use to it. */
const WRITABLE = ['read-write', 'primary'];

/** Undefined for what is no URL of a database that can be written to. */
export function parseDatabaseUrl(text: string): DatabaseAddress | undefined {
	const { start, hosts: authority, rest } = split(text);
	const [first = '', ...others] = authority.split(',');
	if (!/^postgres(?:ql)?:\/\//.test(text) || !URL.canParse(start + first + rest)) return undefined;
	const url = new URL(start + first + rest);
	const wished = url.searchParams.get('target_session_attrs');
	if (wished !== null && !WRITABLE.includes(wished)) return undefined;
	if (others.length === 0) return { url: wished === null ? text : withoutWish(url), hosts: [] };
	const hosts = authority.split(',').map(parseHost);
	const known = hosts.filter((host) => host !== undefined);
	return known.length < hosts.length ? undefined : { url: withoutWish(url), hosts: known };
}

/** The hosts are behind the last `@` before the path. */
function split(text: string): { start: string; hosts: string; rest: string } {
	const from = text.indexOf('//') + 2;
	const length = text.slice(from).search(/[/?#]/);
	const end = length === -1 ? text.length : from + length;
	const begin = Math.max(from, text.lastIndexOf('@', end) + 1);
	return { start: text.slice(0, begin), hosts: text.slice(begin, end), rest: text.slice(end) };
}

function withoutWish(url: URL): string {
	url.searchParams.delete('target_session_attrs');
	return url.href;
}

function parseHost(text: string): DatabaseHost | undefined {
	const [, host, digits = DEFAULT_PORT] = HOST.exec(text) ?? [];
	const port = Number(digits);
	if (host === undefined || port < 1 || port > 65_535) return undefined;
	return { host: host.replace(/^\[|\]$/g, ''), port };
}
