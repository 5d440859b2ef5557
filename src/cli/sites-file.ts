// `mailkey site add --from sites.csv`: registers many sites. Their keys go into a file that only this user
// can read, beside the list.

import { parse } from 'csv-parse/sync';
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { OperatorError } from '../lib/domain/operator-error.ts';
import type { App } from '../lib/server/app/app.ts';
import { createKeysFile, type KeysFile } from './keys-file.ts';
import { printJson, type JsonOption } from './print.ts';
import { siteDetailsOf, type DetailOptions } from './site-details.ts';
import { MAKES_DATABASE, withApp } from './with-app.ts';
import { workingFolder } from './working-folder.ts';

type SiteRegistration = Parameters<App['registerSite']>[0];

type ListedSite = { line: number; registration: SiteRegistration; faults: readonly string[] };

const COLUMN_NAMES = [
	...['url', 'name', 'mail_domains', 'tenants', 'any_mailbox', 'protocols'],
	...['imap_server', 'pop_server', 'smtp_server', 'support_url', 'advice', 'logo'],
	...['require_link', 'return_urls'],
];

const COLUMNS = COLUMN_NAMES.join(', ');

/** A faulty line stops it all. A site that is registered already is named, and the rest goes on. */
export async function addSitesFrom(file: string, { json }: JsonOption): Promise<void> {
	const path = resolve(workingFolder(), file);
	const listed = parseSites(await readSites(path), { file, folder: dirname(path) });
	const keysPath = `${path}.keys`;
	const keysFile = await createKeysFile(keysPath);
	let registered: Registered;
	try {
		registered = await withApp((app) => {
			refuseFaulty(app, listed, file);
			return registerAll(app, listed, keysFile);
		}, MAKES_DATABASE);
	} catch (error) {
		// What went wrong first is told; that the file was moved as well, with it.
		await keysFile.close().catch((moved: unknown) => {
			throw new OperatorError([...sentencesOf(error), ...sentencesOf(moved)], { cause: error });
		});
		throw error;
	}
	await keysFile.close();
	const { added, refused } = registered;
	if (added === 0) throw new OperatorError(refused);
	if (json) printJson({ added, refused, keys_file: keysPath });
	else process.stdout.write(`Registered ${added} sites; their keys are in ${keysPath}.\n`);
	if (refused.length > 0) throw new OperatorError(refused);
}

type Registered = { added: number; refused: string[] };

async function registerAll(
	app: App,
	listed: readonly ListedSite[],
	keysFile: KeysFile,
): Promise<Registered> {
	const refused: string[] = [];
	/** Domains of sites that no tenant of their own binds: these depend on who owns them. */
	const unbound: string[] = [];
	let added = 0;
	for (const { registration } of listed) {
		await keysFile.checkInPlace();
		const site = await registerUnlessRefused(app, registration, refused);
		if (site === undefined) continue;
		await keysFile.add(site);
		added += 1;
		if (registration.tenants.length === 0) unbound.push(...registration.mailDomains);
	}
	const warnings = await app.warningsOnMailDomains([...new Set(unbound)], []);
	for (const warning of warnings) process.stderr.write(`${warning}\n`);
	return { added, refused };
}

async function registerUnlessRefused(app: App, registration: SiteRegistration, refused: string[]) {
	try {
		return await app.registerSite(registration);
	} catch (error) {
		if (!(error instanceof OperatorError)) throw error;
		refused.push(...error.sentences);
		return undefined;
	}
}

function sentencesOf(error: unknown): readonly string[] {
	return error instanceof OperatorError ? error.sentences : [];
}

function refuseFaulty(app: App, listed: readonly ListedSite[], file: string): void {
	const faults = listed.flatMap(({ line, registration, faults }) =>
		[...app.faultsOfRegistration(registration), ...faults].map(
			(fault) => `${file}, line ${line}: ${fault}`,
		),
	);
	if (faults.length > 0) throw new OperatorError(faults);
}

async function readSites(path: string): Promise<string> {
	return readFile(path, 'utf8').catch((cause: unknown) => {
		throw new OperatorError(`${path} cannot be read.`, { cause });
	});
}

function parseSites(
	text: string,
	{ file, folder }: { file: string; folder: string },
): ListedSite[] {
	const rows = parseCsv(text, file);
	if (rows.length === 0) {
		throw new OperatorError(`${file} holds no sites; its columns are ${COLUMNS}.`);
	}
	return rows.map(({ record, info }) => {
		const faults: string[] = [];
		const registration = {
			url: record['url'] ?? '',
			name: record['name'] ?? '',
			mailDomains: words(record['mail_domains']),
			tenants: words(record['tenants']),
			anyMailbox: /^(yes|true|1)$/i.test(record['any_mailbox'] ?? ''),
			...siteDetailsOf(detailsIn(record), folder, faults),
		};
		return { line: info.lines, registration, faults };
	});
}

type Record = { [column: string]: string | undefined };

/** An empty cell is an option that was not given. */
function detailsIn(record: Record): DetailOptions {
	const columns = {
		protocols: 'protocols',
		imapServer: 'imap_server',
		popServer: 'pop_server',
		smtpServer: 'smtp_server',
		supportUrl: 'support_url',
		advice: 'advice',
		logo: 'logo',
		requireLink: 'require_link',
	} as const;
	const given = Object.entries(columns).filter(([, column]) => record[column]);
	return {
		...Object.fromEntries(given.map(([option, column]) => [option, record[column]])),
		addReturnUrl: words(record['return_urls']),
	};
}

type CsvRow = { record: Record; info: { lines: number } };

function parseCsv(text: string, file: string): CsvRow[] {
	const [header = ''] = text.split(/\r?\n/, 1);
	// Where a comma is the decimal sign, spreadsheets write semicolons.
	const delimiter = header.includes(';') && !header.includes(',') ? ';' : ',';
	let unknown: readonly string[] = [];
	try {
		return parse(text, {
			delimiter,
			columns: (names: string[]) => {
				unknown = names.filter((name) => name !== '' && !COLUMN_NAMES.includes(name));
				// Misspelt, it would be an option that was not given: all rights in place of one, say.
				if (unknown.length > 0) throw new Error('unknown columns');
				return names;
			},
			trim: true,
			skip_empty_lines: true,
			bom: true,
			info: true,
		}) as unknown as CsvRow[];
	} catch (cause) {
		const what =
			unknown.length > 0
				? `has columns that are not known (${unknown.join(', ')})`
				: 'is no CSV file';
		throw new OperatorError(`${file} ${what}: the columns are ${COLUMNS}.`, { cause });
	}
}

/** Several in one cell are separated by blanks. */
function words(cell: string | undefined): string[] {
	return (cell ?? '').split(/\s+/).filter(Boolean);
}
