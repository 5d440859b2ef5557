// `mailkey doctor`: a line for each thing that the helper depends on, and what to do if it does not work.

import { OperatorError } from '../lib/domain/operator-error.ts';
import { diagnoseApp, type Check } from '../lib/server/app/diagnosis.ts';
import { createLog } from '../lib/server/log.ts';
import type { Settings } from '../lib/server/settings/settings.ts';
import { readSettings } from './environment.ts';
import { printJson, type JsonOption } from './print.ts';
import { NoDatabaseYet, openDatabase, readAppSettings, requireDatabase } from './start-app.ts';

/** Throws `OperatorError` when a check fails, after all are shown. */
export async function diagnose({ json }: JsonOption): Promise<void> {
	const checks: Check[] = [];
	for await (const check of allChecks()) {
		checks.push(check);
		if (!json) show(check);
	}
	const failed = checks.filter(({ status }) => status === 'failed').length;
	if (json) printJson({ status: failed === 0 ? 'passed' : 'failed', checks });
	if (failed > 0) throw new OperatorError(`${failed} of ${checks.length} checks failed.`);
}

async function* allChecks(): AsyncGenerator<Check> {
	let settings: Settings;
	try {
		settings = readSettings();
	} catch (error) {
		if (!(error instanceof OperatorError)) throw error;
		const todo = 'Set it in the environment or in .env; docs/operator.md lists every variable.';
		for (const message of error.sentences) {
			yield { check: 'configuration', status: 'failed', message, todo };
		}
		return;
	}
	const inWords = settings.mode === 'live' ? 'Complete.' : 'Practice mode: nothing is configured.';
	yield { check: 'configuration', status: 'passed', message: inWords };
	yield* checksBehind(settings);
}

async function* checksBehind(settings: Settings): AsyncGenerator<Check> {
	const database = await openExisting(settings).catch((error: unknown) => {
		if (!(error instanceof OperatorError)) throw error;
		return error;
	});
	const isOpen = !(database instanceof OperatorError);
	try {
		const checks = diagnoseApp({
			settings: await readAppSettings(settings, undefined),
			mode: settings.mode,
			databaseUrl: isOpen ? database.url : NOWHERE,
			log: createLog({ level: 'error' }),
		});
		for await (const check of checks) {
			yield isOpen || check.check !== 'database' ? check : explain(database, check);
		}
	} finally {
		if (isOpen) await database.stop();
	}
}

async function openExisting(settings: Settings) {
	await requireDatabase(settings);
	return openDatabase(settings, 'command');
}

function explain(fault: OperatorError, check: Check): Check {
	const message = fault.sentences.join(' ');
	// Before the first start that is as it should be.
	if (fault instanceof NoDatabaseYet) return { check: check.check, status: 'skipped', message };
	return { ...check, message };
}

/** The embedded database that did not start: nobody listens on port 1. */
const NOWHERE = 'postgres://127.0.0.1:1/mailkey';

function show({ check, status, message, todo }: Check): void {
	const advice = todo === undefined ? '' : ` ${todo}`;
	process.stdout.write(`${status.padEnd(7)}  ${check.padEnd(18)}  ${message}${advice}\n`);
}
