// Practice mode: a practice Microsoft and practice mail servers on loopback in place of the real ones, a key
// that is made once, and one registered site, so that a newcomer sees the whole way without any registration.

import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeDataDirectory } from '../embedded-postgres/folder.ts';
import { mapProtocols, MAIL_PROTOCOLS, type MailServers } from '../lib/domain/mail-protocol.ts';
import { OperatorError } from '../lib/domain/operator-error.ts';
import type { AppSettings, Settings } from '../lib/server/settings/settings.ts';
import { generateTokenKey, parseKeyRing } from '../lib/server/vault/key-ring.ts';
import { makePracticeCertificate, type PracticeCertificate } from '../practice/certificate.ts';
import { readyAccounts } from '../practice/microsoft/accounts.ts';
import {
	practiceMailHosts,
	practiceMailServers,
	startPracticeMail,
	type PracticeMail,
} from '../practice/mail/practice-mail.ts';
import { writeOnce, writeWhole } from '../practice/whole-file.ts';
import { findAddresses, removeAddresses, writeAddresses } from './practice-running.ts';
import {
	startPracticeMicrosoft,
	type PracticeMicrosoft,
} from '../practice/microsoft/practice-microsoft.ts';

export type Practice = {
	authority: string;
	mail: MailServers;
	/** By what happens to them, for the page. */
	accounts: readonly { username: string; whatHappens: string }[];
	stop: () => Promise<void>;
};

type PracticeSettings = Extract<Settings, { mode: 'practice' }>;

export const PRACTICE_SITE = 'https://mysite.equisonline.com';
export const PRACTICE_DOMAIN = 'mycompany.com';
export const PRACTICE_MAILBOX = `equis@${PRACTICE_DOMAIN}`;

/** In the data folder: what mail programs must trust to reach the practice mail servers. */
const AUTHORITY_FILE = 'mail-authority.pem';

const CLIENT_ID = '0d1f3c52-7a6b-4c8e-9f10-5e2d4b6a8c01';

export async function startPractice(
	settings: PracticeSettings,
	redirectUri: string,
	role: 'server' | 'command',
): Promise<Practice> {
	const directory = await makeDataDirectory(settings.dataDirectory);
	const secret = await keptSecret(directory, 'client-secret', newSecret);
	const client = { id: CLIENT_ID, secret, redirectUri };
	// The same port at each start, so that a page left open finds it again; any free one if it is taken.
	const microsoft = await startPracticeMicrosoft({
		directory,
		port: settings.port + 1,
		client,
	}).catch(() => startPracticeMicrosoft({ directory, port: 0, client }));
	try {
		const mail = await startMail(settings, microsoft);
		if (role === 'server') {
			const mailPorts = mapProtocols((protocol) => mail.servers[protocol].port);
			const { authority } = microsoft;
			await writeAddresses(directory, { origin: settings.origin, authority, mailPorts });
		}
		return {
			authority: microsoft.authority,
			accounts: readyAccounts.map(({ username, whatHappens }) => ({ username, whatHappens })),
			mail: mail.servers,
			stop: async () => {
				if (role === 'server') await removeAddresses(directory);
				await Promise.all([mail.stop(), microsoft.stop()]);
			},
		};
	} catch (error) {
		await microsoft.stop();
		throw error;
	}
}

/** The ports after the practice Microsoft's, so that a command finds them; any free ones if one is taken. */
async function startMail(
	settings: PracticeSettings,
	microsoft: PracticeMicrosoft,
): Promise<PracticeMail> {
	const certificate = await keptCertificate(settings.dataDirectory);
	const authorityFile = join(settings.dataDirectory, AUTHORITY_FILE);
	await writeWhole(authorityFile, `${certificate.certificate}\n`, { mode: 0o644 });
	const options = {
		microsoft,
		certificate,
		deliverySecret: await deliverySecret(settings.dataDirectory),
	};
	return startPracticeMail({ ...options, ports: mailPorts(settings) }).catch(() =>
		startPracticeMail({ ...options, ports: mapProtocols(() => 0) }),
	);
}

function mailPorts({ port }: PracticeSettings) {
	return mapProtocols((protocol) => port + 2 + MAIL_PROTOCOLS.indexOf(protocol));
}

/** A command finds the practice Microsoft of the running helper where that starts it. */
export async function practiceSettings(
	settings: PracticeSettings,
	practice: Practice | undefined,
): Promise<AppSettings> {
	const directory = await makeDataDirectory(settings.dataDirectory);
	const tokenKeys = parseKeyRing(
		await keptSecret(directory, 'token-keys', () => generateTokenKey('practice')),
	);
	if (typeof tokenKeys === 'string') {
		throw new OperatorError(`The file token-keys in ${directory} is damaged (${tokenKeys}).`);
	}
	const running = practice ? undefined : await findAddresses(directory);
	const practiceMail =
		practice?.mail ??
		practiceMailServers(
			running?.mailPorts ?? mailPorts(settings),
			await keptCertificate(directory),
		);
	const authority =
		practice?.authority ?? running?.authority ?? `http://127.0.0.1:${settings.port + 1}`;
	return {
		...settings,
		tokenKeys,
		mail: { ...practiceMail, ...settings.otherMail },
		microsoft: {
			clientId: CLIENT_ID,
			credential: {
				kind: 'secret',
				secret: await keptSecret(directory, 'client-secret', newSecret),
			},
			authority: { base: authority, tenant: 'organizations' },
			cloud: 'global',
		},
	};
}

/** Of commands that put messages into the practice mailboxes. */
export function deliverySecret(directory: string): Promise<string> {
	return keptSecret(directory, 'delivery-secret', newSecret);
}

function newSecret(): string {
	return randomBytes(32).toString('base64url');
}

/** The mail client trusts it, for these servers alone. */
export async function keptCertificate(directory: string): Promise<PracticeCertificate> {
	const pem = await keptSecret(directory, 'mail-certificate.pem', () => {
		const made = makePracticeCertificate(new Date(), practiceMailHosts);
		return made.privateKey + made.certificate;
	});
	const from = pem.indexOf('-----BEGIN CERTIFICATE-----');
	return { privateKey: pem.slice(0, from), certificate: pem.slice(from) };
}

/** Made at the first start and kept, readable by this user only. */
async function keptSecret(directory: string, name: string, make: () => string): Promise<string> {
	const file = join(directory, name);
	// Where another process is quicker, its secret counts.
	if (!existsSync(file)) await writeOnce(file, `${make()}\n`, { mode: 0o600 });
	return (await readFile(file, 'utf8')).trim();
}
