// `mailkey site add --from sites.csv`: registers many sites. Their keys go into a file that only this user
// can read, beside the list.

import { parse } from 'csv-parse/sync';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { OperatorError } from '../lib/domain/operator-error.ts';
import type { App } from '../lib/server/app/app.ts';
import { printJson, type JsonOption } from './print.ts';
import { withApp } from './with-app.ts';

type SiteRegistration = Parameters<App['registerSite']>[0];

type ListedSite = { line: number; registration: SiteRegistration };

const COLUMNS = 'url, name, mail_domains, tenants, any_mailbox';

/** A faulty line stops it all. A site that is registered already is named, and the rest goes on. */
export async function addSitesFrom(file: string, { json }: JsonOption): Promise<void> {
	// npm changes into the project's folder; the path is meant from where the operator stands.
	const path = resolve(process.env['INIT_CWD'] ?? process.cwd(), file);
	const listed = parseSites(await readSites(path), file);
	const keysFile = `${path}.keys`;
	await writeFile(keysFile, 'site,id,key\n', { mode: 0o600, flag: 'wx' }).catch(
		(cause: unknown) => {
			throw new OperatorError(`${keysFile} is there already, or cannot be written: move it away.`, {
				cause,
			});
		},
	);
	const refused: string[] = [];
	/** Domains of sites that no tenant of their own binds: these depend on who owns them. */
	const unbound: string[] = [];
	let added = 0;
	try {
		await withApp(async (app) => {
			refuseFaulty(app, listed, file);
			for (const { registration } of listed) {
				try {
					const { site, id, key } = await app.registerSite(registration);
					await writeFile(keysFile, `${site},${id},${key}\n`, { flag: 'a' });
					added += 1;
					if (registration.tenants.length === 0) unbound.push(...registration.mailDomains);
				} catch (error) {
					if (!(error instanceof OperatorError)) throw error;
					refused.push(...error.sentences);
				}
			}
			const warnings = await app.warningsOnMailDomains([...new Set(unbound)], []);
			for (const warning of warnings) process.stderr.write(`${warning}\n`);
		});
	} finally {
		// Without a key in it, the file would only stand in the way of the next try.
		if (added === 0) await rm(keysFile);
	}
	if (added === 0) throw new OperatorError(refused);
	if (json) printJson({ added, refused, keys_file: keysFile });
	else process.stdout.write(`Registered ${added} sites; their keys are in ${keysFile}.\n`);
	if (refused.length > 0) throw new OperatorError(refused);
}

function refuseFaulty(app: App, listed: readonly ListedSite[], file: string): void {
	const faults = listed.flatMap(({ line, registration }) =>
		app.faultsOfRegistration(registration).map((fault) => `${file}, line ${line}: ${fault}`),
	);
	if (faults.length > 0) throw new OperatorError(faults);
}

async function readSites(path: string): Promise<string> {
	return readFile(path, 'utf8').catch((cause: unknown) => {
		throw new OperatorError(`${path} cannot be read.`, { cause });
	});
}

function parseSites(text: string, file: string): ListedSite[] {
	const rows = parseCsv(text, file);
	if (rows.length === 0) {
		throw new OperatorError(`${file} holds no sites; its columns are ${COLUMNS}.`);
	}
	return rows.map(({ record, info }) => ({
		line: info.lines,
		registration: {
			url: record['url'] ?? '',
			name: record['name'] ?? '',
			mailDomains: words(record['mail_domains']),
			tenants: words(record['tenants']),
			anyMailbox: /^(yes|true|1)$/i.test(record['any_mailbox'] ?? ''),
		},
	}));
}

type CsvRow = { record: Record<string, string | undefined>; info: { lines: number } };

function parseCsv(text: string, file: string): CsvRow[] {
	try {
		return parse(text, {
			columns: true,
			trim: true,
			skip_empty_lines: true,
			bom: true,
			info: true,
		}) as unknown as CsvRow[];
	} catch (cause) {
		throw new OperatorError(`${file} is no CSV file with the columns ${COLUMNS}.`, { cause });
	}
}

/** Several in one cell are separated by blanks. */
function words(cell: string | undefined): string[] {
	return (cell ?? '').split(/\s+/).filter(Boolean);
}
