// `mailkey site add --from sites.csv`: registers many sites. Their keys go into a file that only this user
// can read, beside the list.

import { dirname, resolve } from 'node:path';
import { OperatorError } from '../lib/domain/operator-error.ts';
import { MAIL_PROTOCOLS } from '../lib/domain/mail-protocol.ts';
import { parseSiteUrl } from '../lib/domain/site-url.ts';
import { parseYesOrNo } from '../lib/domain/yes-or-no.ts';
import type { App } from '../lib/server/app/app.ts';
import { count } from './count.ts';
import { readCsvFile, type CsvRow } from './csv-file.ts';
import { createKeysFile, type KeysFile } from './keys-file.ts';
import { printJson, type JsonOption } from './print.ts';
import { siteDetailsOf, type DetailOptions } from './site-details.ts';
import { MAKES_DATABASE, withApp } from './with-app.ts';
import { workingFolder } from './working-folder.ts';

type SiteRegistration = Parameters<App['registerSite']>[0];

type ListedSite = { line: number; registration: SiteRegistration; faults: readonly string[] };

const COLUMN_NAMES = [
	...['url', 'name', 'mail_domains', 'tenants', 'any_mailbox', 'protocols'],
	...MAIL_PROTOCOLS.map((protocol) => `${protocol}_server`),
	...['support_url', 'advice', 'logo'],
	...['require_link', 'return_urls', 'owner_mail', 'notices_to'],
];

const COLUMNS = COLUMN_NAMES.join(', ');

/** A faulty line stops it all. A site that is registered already is named, and the rest goes on. */
export async function addSitesFrom(file: string, { json }: JsonOption): Promise<void> {
	const path = resolve(workingFolder(), file);
	const listed = parseSites(await readCsvFile(path, file), { file, folder: dirname(path) });
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
	else process.stdout.write(`Registered ${count(added, 'site')}; the keys are in ${keysPath}.\n`);
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
			(fault) => `${file}, line ${line}: ${inColumns(fault)}`,
		),
	);
	if (faults.length > 0) throw new OperatorError(faults);
}

/** The words of the command line's options, for their columns. */
function inColumns(fault: string): string {
	return fault.replace(
		/--([a-z]+(?:-[a-z]+)*)/g,
		(_, option: string) => COLUMN_OF[option] ?? option.replaceAll('-', '_'),
	);
}

const COLUMN_OF: Record<string, string> = {
	'mail-domain': 'mail_domains',
	tenant: 'tenants',
	'add-return-url': 'return_urls',
};

function parseSites(
	rows: readonly CsvRow[],
	{ file, folder }: { file: string; folder: string },
): ListedSite[] {
	const unknown = Object.keys(rows[0]?.cells ?? {}).filter(
		(name) => name !== '' && !COLUMN_NAMES.includes(name),
	);
	// Misspelt, it would be an option that was not given: all rights in place of one, say.
	if (unknown.length > 0) {
		throw new OperatorError(
			`${file} has columns that are not known (${unknown.join(', ')}): the columns are ${COLUMNS}.`,
		);
	}
	if (rows.length === 0) {
		throw new OperatorError(`${file} holds no sites; its columns are ${COLUMNS}.`);
	}
	const lineOf = new Map<string, number>();
	return rows.map(({ line, cells }) => {
		const faults: string[] = [];
		const url = cells['url'] ?? '';
		const registration = {
			url,
			name: cells['name'] ?? '',
			mailDomains: words(cells['mail_domains']),
			tenants: words(cells['tenants']),
			anyMailbox: parseYesOrNo('--any-mailbox', cells['any_mailbox'] || 'no', faults),
			...siteDetailsOf(detailsIn(cells), folder),
		};
		const site = parseSiteUrl(url);
		const earlier = site.ok ? lineOf.get(site.value) : undefined;
		if (earlier !== undefined) faults.push(`${url} is the site of line ${earlier}.`);
		else if (site.ok) lineOf.set(site.value, line);
		return { line, registration, faults };
	});
}

/** An empty cell is an option that was not given. */
function detailsIn(cells: CsvRow['cells']): DetailOptions {
	const columns = {
		protocols: 'protocols',
		supportUrl: 'support_url',
		advice: 'advice',
		logo: 'logo',
		requireLink: 'require_link',
		ownerMail: 'owner_mail',
		noticesTo: 'notices_to',
		...Object.fromEntries(
			MAIL_PROTOCOLS.map((protocol) => [`${protocol}Server`, `${protocol}_server`]),
		),
	};
	const given = Object.entries(columns).filter(([, column]) => cells[column]);
	return {
		...Object.fromEntries(given.map(([option, column]) => [option, cells[column]])),
		addReturnUrl: words(cells['return_urls']),
	};
}

/** Several in one cell are separated by blanks. */
function words(cell: string | undefined): string[] {
	return (cell ?? '').split(/\s+/).filter(Boolean);
}
