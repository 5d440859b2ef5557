// Practice mode: a practice Microsoft and practice mail servers on loopback in place of the real ones, a key
// that is made once, and one registered site, so that a newcomer sees the whole way without any registration.

import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeDataDirectory } from '../embedded-postgres/folder.ts';
import { mapProtocols, MAIL_PROTOCOLS, type MailServers } from '../lib/domain/mail-protocol.ts';
import { OperatorError } from '../lib/domain/operator-error.ts';
import type { App } from '../lib/server/app/app.ts';
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
export const PRACTICE_MAILBOX = 'equis@mycompany.com';

const CLIENT_ID = '0d1f3c52-7a6b-4c8e-9f10-5e2d4b6a8c01';

export async function startPractice(
	settings: PracticeSettings,
	redirectUri: string,
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
		return {
			authority: microsoft.authority,
			accounts: readyAccounts.map(({ username, whatHappens }) => ({ username, whatHappens })),
			mail: mail.servers,
			stop: async () => {
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
	const ports = mailPorts(settings);
	return startPracticeMail({ microsoft, certificate, ports }).catch(() =>
		startPracticeMail({ microsoft, certificate, ports: mapProtocols(() => 0) }),
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
	const practiceMail =
		practice?.mail ?? practiceMailServers(mailPorts(settings), await keptCertificate(directory));
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
			authority: {
				base: practice?.authority ?? `http://127.0.0.1:${settings.port + 1}`,
				tenant: 'organizations',
			},
			cloud: 'global',
		},
	};
}

export async function registerPracticeSite(app: App): Promise<void> {
	try {
		await app.registerSite({
			url: PRACTICE_SITE,
			name: 'Practice site',
			mailDomains: ['mycompany.com'],
			tenants: [],
			anyMailbox: false,
		});
	} catch (error) {
		// From the second start on it is registered already; any other fault shows at the first sign-in.
		if (!(error instanceof OperatorError)) throw error;
	}
}

function newSecret(): string {
	return randomBytes(32).toString('base64url');
}

/** The mail client trusts it, for these servers alone. */
async function keptCertificate(directory: string): Promise<PracticeCertificate> {
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
	if (!existsSync(file)) {
		await writeFile(file, `${make()}\n`, { mode: 0o600, flag: 'wx' }).catch((error: unknown) => {
			if (!existsSync(file)) throw error; // Another process was quicker: its secret counts.
		});
	}
	return (await readFile(file, 'utf8')).trim();
}
