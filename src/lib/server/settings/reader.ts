// Reads single variables and gathers the faults, so that the operator sees all of them at once. A fault
// never repeats the value of a variable that may hold a secret.

import { resolve } from 'node:path';
import { isGuid } from '../microsoft/metadata.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export type Reader = {
	faults: readonly string[];
	fault(sentence: string): void;
	/** An empty variable is one that is not set. */
	text(name: string): string | undefined;
	/** Relative paths start at the project's folder. */
	path(path: string): string;
};

export function createReader(environment: Environment, root: string): Reader {
	const faults: string[] = [];
	return {
		faults,
		fault: (sentence) => void faults.push(sentence),
		text(name) {
			const value = environment[name]?.trim();
			return value === '' ? undefined : value;
		},
		path: (path) => resolve(root, path),
	};
}

export function readRequired(reader: Reader, name: string, what: string): string {
	const value = reader.text(name);
	if (value === undefined) reader.fault(`${name} is missing: ${what}.`);
	return value ?? '';
}

export function readPort(reader: Reader, name: string, fallback: number): number {
	const value = reader.text(name);
	if (value === undefined) return fallback;
	const port = Number(value);
	if (/^[0-9]{1,5}$/.test(value) && port >= 1 && port <= 65_535) return port;
	reader.fault(`${name} must be a port number from 1 to 65535.`);
	return fallback;
}

export function readListen(
	reader: Reader,
	name: string,
): { host: string; port: number } | undefined {
	const text = reader.text(name);
	if (text === undefined) return undefined;
	const [, host, digits] = /^(\[[0-9a-f:]+\]|[a-z0-9.-]+):([0-9]{1,5})$/i.exec(text) ?? [];
	const port = Number(digits);
	if (host !== undefined && port >= 1 && port <= 65_535) {
		return { host: host.replace(/^\[|\]$/g, ''), port };
	}
	reader.fault(`${name} must be an address and a port, such as 127.0.0.1:9464.`);
	return undefined;
}

export function readNumber(
	reader: Reader,
	name: string,
	{ least, most, fallback }: { least: number; most: number; fallback: number },
): number {
	const value = reader.text(name);
	if (value === undefined) return fallback;
	const number = Number(value);
	if (/^[0-9]{1,9}$/.test(value) && number >= least && number <= most) return number;
	reader.fault(`${name} must be a whole number from ${least} to ${most}.`);
	return fallback;
}

export function readOneOf<Value extends string>(
	reader: Reader,
	name: string,
	values: readonly Value[],
	fallback: Value,
): Value {
	const text = reader.text(name);
	if (text === undefined) return fallback;
	const value = values.find((candidate) => candidate === text);
	if (value === undefined) reader.fault(`${name} must be one of ${values.join(', ')}.`);
	return value ?? fallback;
}

/** Scheme, host and port alone. */
export function readOrigin(reader: Reader, name: string): string | undefined {
	const base = readBase(reader, name, 'an origin without a path, such as https://mail.example.com');
	if (base === undefined || base === new URL(base).origin) return base;
	reader.fault(`${name} must be an origin without a path, such as https://mail.example.com.`);
	return undefined;
}

/** https, or http on this machine only; without a slash at the end. */
export function readBase(reader: Reader, name: string, what: string): string | undefined {
	const text = reader.text(name);
	if (text === undefined) return undefined;
	const url = URL.canParse(text) ? new URL(text) : undefined;
	if (url !== undefined && isSecureOrLocal(url) && isBare(url)) {
		return url.origin + url.pathname.replace(/(?<!\/)\/+$/, '');
	}
	reader.fault(`${name} must be ${what}: https, or http on localhost and loopback.`);
	return undefined;
}

function isSecureOrLocal({ protocol, hostname }: URL): boolean {
	return protocol === 'https:' || (protocol === 'http:' && isLoopbackHost(hostname));
}

function isBare({ search, hash, username, password }: URL): boolean {
	return search === '' && hash === '' && username === '' && password === '';
}

export function isLoopbackHost(host: string): boolean {
	const names = ['localhost', '[::1]', '::1'];
	return names.includes(host) || /^127(\.[0-9]{1,3}){3}$/.test(host);
}

export function readTenant(reader: Reader, name: string): string {
	const tenant = reader.text(name) ?? 'organizations';
	if (tenant === 'organizations' || tenant === 'common' || isGuid(tenant)) return tenant;
	reader.fault(`${name} must be organizations, common, or a tenant id in lower case.`);
	return tenant;
}
