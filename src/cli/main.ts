// The command line: `mailkey …`, and behind `npm start` the command `serve`. Exit status: 0 done,
// 1 refused or failed (plain sentences on standard error), 2 wrong usage.

import { Command, CommanderError, Option } from 'commander';
import { MAIL_PROTOCOLS, PROTOCOL_FACTS } from '../lib/domain/mail-protocol.ts';
import { OperatorError } from '../lib/domain/operator-error.ts';
import { describeError } from '../lib/server/log.ts';
import type { AddSiteOptions } from './site.ts';

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
		.action(async (options: { dev?: true }) => {
			const { serve } = await import('./serve.ts');
			return serve({ pages: options.dev ? 'development' : 'built' });
		});
	addSiteCommands(program.command('site').description('the application sites'));
	addGatewayCommand(program.command('gateway'));
	addTokenCommands(program.command('token').description('the stored tokens'));
	const keys = program.command('keys').description('the keys that seal the tokens');
	withJson(keys.command('generate').description('make a key for TOKEN_KEYS')).action(
		lazily(async () => (await import('./keys.ts')).generateKey),
	);
	withJson(keys.command('status').description('which key seals how many values')).action(
		lazily(async () => (await import('./keys.ts')).showKeys),
	);
	withJson(
		keys.command('rotate').description('seal everything anew with the first key of TOKEN_KEYS'),
	).action(lazily(async () => (await import('./keys.ts')).rotateKeys));
	withJson(program.command('migrate').description('bring the database schema up to date')).action(
		lazily(async () => (await import('./migrate.ts')).migrateSchema),
	);
	withJson(program.command('audit').description('read or export the audit trail'))
		.option('--since <when>', 'a duration back from now (7d, 24h), or a date')
		.option('--site <url>', 'only of this site')
		.option('--mailbox <address>', 'only of this mailbox')
		.option('--event <name>', 'only events of this name')
		.option('--limit <number>', 'the newest this many', '1000')
		.option('--csv', 'print CSV')
		.action(lazily(async () => (await import('./audit.ts')).showAudit));
	withJson(
		program.command('doctor').description('check everything that the helper stands on'),
	).action(lazily(async () => (await import('./doctor.ts')).diagnose));
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
		.action(async (url: string | undefined, options: AddSiteOptions, command: Command) => {
			if (options.from === undefined && (url === undefined || options.name === undefined)) {
				command.error('error: name the site: mailkey site add <url> --name <text>');
			}
			const { addSite } = await import('./site.ts');
			return addSite(url ?? '', options);
		});
	withJson(site.command('list').description('all sites')).action(
		lazily(async () => (await import('./site.ts')).listSites),
	);
	withJson(site.command('show <url>').description('one site and the state of its keys')).action(
		lazily(async () => (await import('./site.ts')).showSite),
	);
	withJson(site.command('disable <url>').description('end its keys and its sign-ins')).action(
		lazily(async () => (await import('./site.ts')).disableSite),
	);
	withJson(site.command('rotate-key <url>').description('a new key; the old one works for a while'))
		.option('--grace <duration>', 'how long the old key works', '24h')
		.action(lazily(async () => (await import('./site.ts')).rotateSiteKey));
}

function addTokenCommands(token: Command): void {
	withJson(token.command('list').description('all stored tokens'))
		.option('--site <url>', 'only those of this site')
		.action(lazily(async () => (await import('./token.ts')).listTokens));
	withJson(token.command('show <identifier>').description('one stored token')).action(
		lazily(async () => (await import('./token.ts')).showToken),
	);
	withJson(token.command('revoke <identifier>').description('destroy it')).action(
		lazily(async () => (await import('./token.ts')).revokeToken),
	);
	withJson(token.command('check <identifier>').description('log in to its mailbox')).action(
		lazily(async () => (await import('./token.ts')).checkToken),
	);
	withJson(token.command('refresh <identifier>').description('refresh it now')).action(
		lazily(async () => (await import('./token.ts')).refreshToken),
	);
}

function addGatewayCommand(gateway: Command): void {
	const listen = (name: string, what: string, usual?: string) =>
		gateway.addOption(
			new Option(`--${name} <host:port>`, `${what}, or "off"`)
				.env(`GATEWAY_${name.toUpperCase()}`)
				.default(usual),
		);
	withJson(gateway)
		.description('the mail gateway: lets mail software log in with the identifier as password')
		.addOption(new Option('--helper <url>', 'URL of the helper').env('MAILKEY_HELPER'))
		.option(
			'--site-key-file <file>',
			'file with site keys, one a line (may be repeated); or MAILKEY_SITE_KEY in the environment',
			collect,
			[],
		);
	for (const protocol of MAIL_PROTOCOLS) {
		const { name, gatewayPort } = PROTOCOL_FACTS[protocol];
		listen(protocol, `listen for ${name}`, `127.0.0.1:${gatewayPort}`);
		listen(`${protocol}s`, `listen for ${name} in TLS`);
	}
	gateway
		.addOption(
			new Option('--certificate <file>', 'PEM certificate with its chain').env(
				'GATEWAY_CERTIFICATE',
			),
		)
		.addOption(new Option('--key <file>', 'PEM private key').env('GATEWAY_KEY'))
		.option('--public', 'listen beyond this machine; needs a certificate')
		.option('--long-numbers-only', 'refuse identifiers from before their numbers were random')
		.option(
			'--resolve-rate <number>',
			'requests a second that the helper grants this gateway; 0 is no limit',
			'200',
		)
		.option('--max-connections <number>', 'refuse more clients than this', '10000')
		.addOption(
			new Option('--log-mailboxes <how>', 'name mailboxes in the log')
				.env('LOG_MAILBOXES')
				.choices(['masked', 'full'])
				.default('masked'),
		)
		.addOption(
			new Option('--metrics <host:port>', 'listen for /metrics, /healthz and /readyz').env(
				'METRICS_LISTEN',
			),
		)
		.action(lazily(async () => (await import('./gateway.ts')).runGateway));
}

/** Each command reads only what it needs: the mail gateway starts in half the time. */
function lazily<Args extends unknown[]>(
	load: () => Promise<(...args: Args) => Promise<void> | void>,
): (...args: Args) => Promise<void> {
	return async (...args) => (await load())(...args);
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
