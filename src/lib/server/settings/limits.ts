// `LIMITS`: `name=number` for each limit that is other than usual, with commas between.

import type { Reader } from './reader.ts';

/** 0 is no limit. */
export type Limits = {
	/** Starts in ten minutes from one client address. */
	address: number;
	/** Starts in ten minutes for one mailbox. */
	mailbox: number;
	/** Requests a second with one site key, on average. */
	resolve: number;
};

/** An office behind one address connects its mailboxes in an hour; a mail engine asks once for each login. */
const USUAL: Limits = { address: 60, mailbox: 30, resolve: 200 };

export function readLimits(reader: Reader, variable: string): Limits {
	const limits = { ...USUAL };
	const given = new Set<string>();
	for (const pair of reader.text(variable)?.split(',') ?? []) {
		const [, name, number] = /^\s*(address|mailbox|resolve)=([0-9]{1,7})\s*$/.exec(pair) ?? [];
		if (!isName(name) || given.has(name)) {
			reader.fault(
				`${variable} must be limits such as address=60,mailbox=30,resolve=200: some or all of these, each once; 0 is no limit.`,
			);
			return USUAL;
		}
		given.add(name);
		limits[name] = Number(number);
	}
	return limits;
}

function isName(name: string | undefined): name is keyof Limits {
	return name !== undefined && Object.hasOwn(USUAL, name);
}
