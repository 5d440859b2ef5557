// Where the practice servers of a running helper are: it says so in a file in its data folder, as they may be on other
// ports than usual, and commands look there.

import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseJsonObject } from '../lib/domain/json-object.ts';
import { MAIL_PROTOCOLS, mapProtocols, type MailProtocol } from '../lib/domain/mail-protocol.ts';
import { writeWhole } from '../practice/whole-file.ts';

export type PracticeAddresses = {
	origin: string;
	authority: string;
	mailPorts: Record<MailProtocol, number>;
};

const NAME = 'running.json';

/** A server on the same machine answers at once, or is gone. */
const LIMIT_MS = 5_000;

export async function writeAddresses(
	directory: string,
	addresses: PracticeAddresses,
): Promise<void> {
	await writeWhole(join(directory, NAME), `${JSON.stringify(addresses)}\n`, { mode: 0o600 });
}

export async function removeAddresses(directory: string): Promise<void> {
	await rm(join(directory, NAME), { force: true });
}

/** Undefined when no helper runs on this folder, one that was killed included. */
export async function findAddresses(directory: string): Promise<PracticeAddresses | undefined> {
	const text = await readFile(join(directory, NAME), 'utf8').catch(() => undefined);
	const addresses = text === undefined ? undefined : parseAddresses(text);
	return addresses && (await answers(addresses.authority)) ? addresses : undefined;
}

function parseAddresses(text: string): PracticeAddresses | undefined {
	const { origin, authority, mailPorts } = parseJsonObject(text) ?? {};
	if (typeof origin !== 'string' || typeof authority !== 'string') return undefined;
	const ports = Object(mailPorts) as Record<string, unknown>;
	if (!MAIL_PROTOCOLS.every((protocol) => typeof ports[protocol] === 'number')) return undefined;
	return { origin, authority, mailPorts: mapProtocols((protocol) => Number(ports[protocol])) };
}

async function answers(authority: string): Promise<boolean> {
	const url = `${authority}/organizations/v2.0/.well-known/openid-configuration`;
	return fetch(url, { signal: AbortSignal.timeout(LIMIT_MS) }).then(
		({ ok }) => ok,
		() => false,
	);
}
