// `mailkey practice …`: what the tests of a mail engine need instead of a browser. In practice mode alone.

import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { OperatorError } from '../lib/domain/operator-error.ts';
import type { StoredTokenState } from '../lib/domain/stored-token.ts';
import type { App } from '../lib/server/app/app.ts';
import type { Settings } from '../lib/server/settings/settings.ts';
import { deliverToPractice } from '../practice/mail/deliver.ts';
import { practiceMailServers } from '../practice/mail/practice-mail.ts';
import { setOutage } from '../practice/microsoft/outages.ts';
import { readSettings } from './environment.ts';
import { deliverySecret, keptCertificate, PRACTICE_SITE } from './practice.ts';
import { findAddresses } from './practice-running.ts';
import { signInAtPractice } from './practice-sign-in.ts';
import { practiceSiteKey } from './practice-site.ts';
import { printJson, printRecord, type JsonOption } from './print.ts';
import { startApp } from './start-app.ts';
import { workingFolder } from './working-folder.ts';

type PracticeSettings = Extract<Settings, { mode: 'practice' }>;

/** After a sign-in its mailbox is checked, and the slow one takes eight seconds. */
const CHECK_LIMIT_MS = 30_000;

/** Always JSON: a program reads it. */
export async function connectMailbox(mailbox: string, { link }: { link?: string }): Promise<void> {
	const connected = await withPracticeApp('with_microsoft', async (app, directory) => {
		// Who made a link has its site's key.
		const site = link === undefined && {
			site: PRACTICE_SITE,
			key: await practiceSiteKey(app, directory),
		};
		await setOutage(directory, mailbox, false);
		const outcome = await signInAtPractice(app, { mailbox, link });
		await app.workDone(CHECK_LIMIT_MS);
		return { ...site, ...outcome };
	});
	printJson(connected);
}

export async function setState(
	identifier: string,
	state: StoredTokenState,
	options: JsonOption,
): Promise<void> {
	const token = await withPracticeApp('database_alone', async (app, directory) => {
		const { signed_in_as: account, status } = await app.showToken(identifier);
		if (status === 'revoked' && state !== 'revoked') {
			throw new OperatorError(
				`${identifier} is revoked, which is for good: make another by "mailkey practice connect".`,
			);
		}
		await setOutage(directory, account, state === 'degraded');
		if (state !== 'revoked') await app.setPracticeState(identifier, state);
		else if (status !== 'revoked') await app.revokeByOperator(identifier);
		return app.showToken(identifier);
	});
	printRecord({ identifier, status: token.status }, options);
}

/** `file` is a message as it is on the wire, headers first. */
export async function deliverMessage(
	mailbox: string,
	file: string,
	options: JsonOption,
): Promise<void> {
	const { dataDirectory } = practiceSettingsOnly();
	const addresses = await findAddresses(dataDirectory);
	if (!addresses) {
		throw new OperatorError(
			'The helper must run for this, as the practice mailboxes are in its memory: start it with "npm start" on the same DATA_DIR.',
		);
	}
	const content = await readFile(resolve(workingFolder(), file)).catch((cause: unknown) => {
		throw new OperatorError(`The file ${file} cannot be read.`, { cause });
	});
	const certificate = await keptCertificate(dataDirectory);
	const { smtp } = practiceMailServers(addresses.mailPorts, certificate);
	const secret = await deliverySecret(dataDirectory);
	await deliverToPractice(smtp, secret, { to: mailbox, content }).catch((cause: unknown) => {
		const said = cause instanceof Error ? cause.message : String(cause);
		throw new OperatorError(`The message for ${mailbox} was not taken: ${said}`, { cause });
	});
	printRecord({ mailbox, delivered: file }, options);
}

async function withPracticeApp<Result>(
	need: 'with_microsoft' | 'database_alone',
	command: (app: App, directory: string) => Promise<Result>,
): Promise<Result> {
	const settings = practiceSettingsOnly();
	const running = await findAddresses(settings.dataDirectory);
	const started = await startApp(
		{
			...settings,
			...(running && { origin: running.origin }),
			logLevel: 'error',
			// A test suite may connect as many mailboxes as it likes.
			limits: { address: 0, mailbox: 0, resolve: 0 },
		},
		need === 'with_microsoft' && !running ? 'command_with_practice' : 'command',
	);
	try {
		return await command(started.app, settings.dataDirectory);
	} finally {
		await started.stop();
	}
}

/** Throws `OperatorError` outside practice mode. */
function practiceSettingsOnly(): PracticeSettings {
	const settings = readSettings();
	if (settings.mode === 'practice') return settings;
	throw new OperatorError(
		'"mailkey practice" is for practice mode, and this helper is configured for the real Microsoft: run it without MICROSOFT_*, DATABASE_URL and TOKEN_KEYS.',
	);
}
