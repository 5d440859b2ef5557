// The command line: `mailkey …`, and behind `npm start` the command `serve`. Exit status: 0 done,
// 1 refused or failed (plain sentences on standard error), 2 wrong usage.

import { Command, CommanderError } from 'commander';
import { OperatorError } from '../lib/domain/operator-error.ts';
import { describeError } from '../lib/server/log.ts';
import { diagnose } from './doctor.ts';
import { generateKey, rotateKeys, showKeys } from './keys.ts';
import { migrateSchema } from './migrate.ts';
import { serve } from './serve.ts';
import {
	addSite,
	type AddSiteOptions,
	disableSite,
	listSites,
	rotateSiteKey,
	showSite,
} from './site.ts';
import { listTokens, refreshToken, revokeToken, showToken } from './token.ts';

/** The exit status; undefined means that the process goes on by itself. */
export async function run(argv: string[]): Promise<number | undefined> {
	try {
		await createProgram().parseAsync(argv, { from: 'user' });
		return process.exitCode === undefined ? 0 : Number(process.exitCode);
	} catch (error) {
		return exitStatusOf(error);
	}
}

function createProgram(): Command {
	const program = new Command('mailkey')
		.description('Connects Microsoft 365 mailboxes to application sites.')
		.exitOverride();
	program
		.command('serve', { hidden: true })
		.description('run the helper (npm start does this)')
		.option('--dev', 'serve the pages from source')
		.action((options: { dev?: true }) => serve({ pages: options.dev ? 'development' : 'built' }));
	addSiteCommands(program.command('site').description('the application sites'));
	addTokenCommands(program.command('token').description('the stored tokens'));
	const keys = program.command('keys').description('the keys that seal the tokens');
	withJson(keys.command('generate').description('make a key for TOKEN_KEYS')).action(generateKey);
	withJson(keys.command('status').description('which key seals how many values')).action(showKeys);
	withJson(
		keys.command('rotate').description('seal everything anew with the first key of TOKEN_KEYS'),
	).action(rotateKeys);
	withJson(program.command('migrate').description('bring the database schema up to date')).action(
		migrateSchema,
	);
	withJson(
		program.command('doctor').description('check everything that the helper stands on'),
	).action(diagnose);
	return program;
}

function addSiteCommands(site: Command): void {
	withJson(site.command('add').description('register a site; prints its key once'))
		.argument('[url]', 'URL of the site, such as https://mysite.equisonline.com')
		.option('--name <text>', 'what people know the site by')
		.option(
			'--mail-domain <domain>',
			'take mailboxes of this domain (may be repeated)',
			collect,
			[],
		)
		.option(
			'--tenant <id>',
			'take accounts of this Microsoft Entra tenant (may be repeated)',
			collect,
			[],
		)
		.option('--any-mailbox', 'take every mailbox')
		.option('--from <file>', 'register the sites of a CSV file; keys go into a file beside it')
		.action((url: string | undefined, options: AddSiteOptions, command: Command) => {
			if (options.from === undefined && (url === undefined || options.name === undefined)) {
				command.error('error: name the site: mailkey site add <url> --name <text>');
			}
			return addSite(url ?? '', options);
		});
	withJson(site.command('list').description('all sites')).action(listSites);
	withJson(site.command('show <url>').description('one site and the state of its keys')).action(
		showSite,
	);
	withJson(site.command('disable <url>').description('end its keys and its sign-ins')).action(
		disableSite,
	);
	withJson(site.command('rotate-key <url>').description('a new key; the old one works for a while'))
		.option('--grace <duration>', 'how long the old key works', '24h')
		.action(rotateSiteKey);
}

function addTokenCommands(token: Command): void {
	withJson(token.command('list').description('all stored tokens'))
		.option('--site <url>', 'only those of this site')
		.action(listTokens);
	withJson(token.command('show <identifier>').description('one stored token')).action(showToken);
	withJson(token.command('revoke <identifier>').description('destroy it')).action(revokeToken);
	withJson(token.command('refresh <identifier>').description('refresh it now')).action(
		refreshToken,
	);
}

function withJson(command: Command): Command {
	return command.option('--json', 'print JSON');
}

function collect(value: string, previous: string[]): string[] {
	return [...previous, value];
}

function exitStatusOf(error: unknown): number {
	if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
	if (error instanceof OperatorError) {
		for (const sentence of error.sentences) process.stderr.write(`${sentence}\n`);
		return 1;
	}
	// A fault of this program: its name and place, never what it was working on.
	process.stderr.write(`mailkey failed: ${JSON.stringify(describeError(error))}\n`);
	return 1;
}
