// `mailkey token …`: what is stored, by identifier. Never prints a token.

import type { MailCheck, MailChecks } from '../lib/domain/mail-check.ts';
import { MAIL_PROTOCOLS, mapProtocols, PROTOCOL_FACTS } from '../lib/domain/mail-protocol.ts';
import type { App } from '../lib/server/app/app.ts';
import { explainChecks } from '../lib/problems/mail-answers/explain-mail-answer.ts';
import { explainTokenReport } from '../lib/problems/explain-token.ts';
import { printJson, printPages, printRecord, type JsonOption } from './print.ts';
import { withApp } from './with-app.ts';

const CONSENT_NOTE =
	'Consent at Microsoft is a separate act: its owner withdraws it at https://myapps.microsoft.com, an administrator in the Microsoft Entra admin center under Enterprise applications. Access tokens that were handed out live until they expire, at most about an hour.';

const LIST_COLUMNS = [
	'identifier',
	'site',
	'status',
	'signed_in_as',
	'last_refreshed_at',
	'lapses_at',
	'missing_rights',
	'failed_protocols',
];

type TokenReport = Awaited<ReturnType<App['showToken']>>;

export async function listTokens(
	options: JsonOption & Parameters<App['listTokens']>[0],
): Promise<void> {
	await withApp((app) => {
		const explain = (tokens: readonly TokenReport[]) =>
			tokens.map((token) => explainTokenReport(token));
		return printPages('tokens', app.listTokens(options), explain, LIST_COLUMNS, options);
	});
}

export async function showToken(identifier: string, options: JsonOption): Promise<void> {
	printToken(await withApp((app) => app.showToken(identifier)), options);
}

export async function refreshToken(identifier: string, options: JsonOption): Promise<void> {
	printToken(await withApp((app) => app.refreshByOperator(identifier)), options);
}

export async function revokeToken(identifier: string, options: JsonOption): Promise<void> {
	await withApp((app) => app.revokeByOperator(identifier));
	if (options.json) printJson({ identifier, status: 'revoked', note: CONSENT_NOTE });
	else process.stdout.write(`Revoked ${identifier}.\n${CONSENT_NOTE}\n`);
}

/** A line per protocol; a granted one that does not work is a failure. */
export async function checkToken(identifier: string, options: JsonOption): Promise<void> {
	const result = await withApp((app) => app.checkByOperator(identifier));
	const checks = explainForOperator(result.checks, result.subject);
	if (options.json) printJson({ identifier, checks });
	else {
		for (const protocol of MAIL_PROTOCOLS) {
			const check = checks[protocol];
			const name = PROTOCOL_FACTS[protocol].name.padEnd(4);
			process.stdout.write(`${name}  ${check.status}${inWords(check)}\n`);
		}
	}
	if (Object.values(checks).some(({ status }) => status === 'failed')) process.exitCode = 1;
}

export function explainForOperator(...found: Parameters<typeof explainChecks>): MailChecks {
	return withCommand(explainChecks(...found), 'this command again');
}

/** The page has a button for the next check; here it is a command. */
export function withCommand(checks: MailChecks, command: string): MailChecks {
	return mapProtocols((protocol) => {
		const { problem, ...check } = checks[protocol];
		if (problem === undefined) return check;
		const next_step = problem.next_step
			.replaceAll('Press “Check again”', `Run ${command}`)
			.replaceAll('press “Check again”', `run ${command}`)
			.replaceAll('on this page', 'on the sign-in page');
		return { ...check, problem: { ...problem, next_step } };
	});
}

function inWords({ problem }: MailCheck): string {
	if (problem === undefined) return '';
	const answer = problem.reference ? ` (${problem.reference.answer})` : '';
	return `: ${problem.title}. ${problem.explanation} ${problem.next_step}${answer}`;
}

/** What did not work the last time, each by its name. */
function failedInWords(checks: MailChecks): Record<string, string> {
	const failed = MAIL_PROTOCOLS.filter((protocol) => checks[protocol].status === 'failed');
	return Object.fromEntries(
		failed.map((protocol) => [protocol, `failed${inWords(checks[protocol])}`]),
	);
}

function printToken(report: TokenReport, options: JsonOption): void {
	const { last_problem: problem, checks: found, ...token } = explainTokenReport(report);
	const checks = withCommand(found, '“mailkey token check”');
	const number = problem?.reference?.code === undefined ? '' : ` (${problem.reference.code})`;
	const words = problem && `${problem.title}. ${problem.explanation} ${problem.next_step}${number}`;
	printRecord(
		{
			...token,
			...(options.json ? { checks } : failedInWords(checks)),
			...(problem && { last_problem: options.json ? problem : words }),
		},
		options,
	);
}
