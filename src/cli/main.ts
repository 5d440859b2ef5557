// The command line: `mailkey …`, and behind `npm start` the command `serve`. Exit status: 0 done,
// 1 refused or failed (plain sentences on standard error), 2 wrong usage.

import { Argument, Command, Option } from 'commander';
import { STORED_TOKEN_STATES } from '../lib/domain/stored-token.ts';
import { exitStatusOf } from './exit-status.ts';
import { addGatewayOptions } from './gateway-options.ts';
import { repeatable } from './repeatable.ts';
import type { AddSiteOptions, ChangeSiteOptions } from './site.ts';
import type { JsonOption } from './print.ts';
import { addDetailOptions } from './site-details.ts';
import { ownVersion } from './version.ts';

/** The exit status; undefined means that the process goes on by itself. */
export function run(argv: string[]): Promise<number | undefined> {
	return exitStatusOf(() => createProgram().parseAsync(argv, { from: 'user' }));
}

function createProgram(): Command {
	const program = new Command('mailkey')
		.description('Connects Microsoft 365 mailboxes to application sites.')
		.version(ownVersion())
		.exitOverride();
	program
		.command('serve')
		.description('run the helper until it is told to stop: for service managers and containers')
		.action(async () => (await import('./serve.ts')).serve({ pages: 'built' }));
	addSiteCommands(program.command('site').description('the application sites'));
	addWebhookCommands(program.command('webhook').description('the events of a site at its webhook'));
	addGatewayOptions(withJson(program.command('gateway')));
	addTokenCommands(program.command('token').description('the stored tokens'));
	addPracticeCommands(
		program.command('practice').description('for tests of mail engines, in practice mode'),
	);
	const keys = program.command('keys').description('the keys that seal the tokens');
	withJson(keys.command('generate').description('make a key for TOKEN_KEYS')).action(
		lazily(async () => (await import('./generate-key.ts')).generateKey),
	);
	withJson(keys.command('status').description('which key seals how many values')).action(
		lazily(async () => (await import('./keys.ts')).showKeys),
	);
	withJson(
		keys.command('verify').description('open every sealed value with the keys at hand'),
	).action(lazily(async () => (await import('./keys.ts')).verifyKeys));
	withJson(keys.command('recount').description('count anew how many values each key seals')).action(
		lazily(async () => (await import('./keys.ts')).recountKeys),
	);
	withJson(
		keys.command('rotate').description('seal everything anew with the first key of TOKEN_KEYS'),
	).action(lazily(async () => (await import('./keys.ts')).rotateKeys));
	withJson(program.command('migrate').description('bring the database schema up to date')).action(
		lazily(async () => (await import('./migrate.ts')).migrateSchema),
	);
	const audit = program.command('audit');
	withJson(audit.description('read or export the audit trail'))
		.option('--since <when>', 'a duration back from now (7d, 24h), or a date')
		.option('--site <url>', 'only of this site')
		.option('--mailbox <address>', 'only of this mailbox')
		.option('--event <name>', 'only events of this name')
		.option('--limit <number>', 'the newest this many', '1000')
		.option('--csv', 'print CSV')
		.action(lazily(async () => (await import('./audit.ts')).showAudit));
	withJson(audit.command('prune').description('drop what is older than AUDIT_DAYS')).action(
		// `audit` itself takes --json too, and so gets it wherever it is.
		async (_options: JsonOption, prune: Command) =>
			(await import('./audit.ts')).pruneAudit(prune.optsWithGlobals<JsonOption>()),
	);
	withJson(
		program.command('doctor').description('check everything that the helper stands on'),
	).action(lazily(async () => (await import('./doctor.ts')).diagnose));
	return program;
}

function addSiteCommands(site: Command): void {
	addSiteAdd(withJson(site.command('add').description('register a site; prints its key once')));
	withJson(site.command('list').description('all sites')).action(
		lazily(async () => (await import('./site.ts')).listSites),
	);
	withJson(site.command('show <url>').description('one site and the state of its keys')).action(
		lazily(async () => (await import('./site.ts')).showSite),
	);
	addSiteChange(
		withJson(site.command('change <url>').description('change what is named, and nothing else')),
	);
	withYes(site.command('disable <url>').description('end its keys and its sign-ins')).action(
		lazily(async () => (await import('./site.ts')).disableSite),
	);
	withJson(site.command('enable <url>').description('undo disable')).action(
		lazily(async () => (await import('./site.ts')).enableSite),
	);
	withYes(
		site.command('remove <url>').description('revoke all tokens of a disabled site and forget it'),
	).action(lazily(async () => (await import('./site.ts')).removeSite));
	withJson(site.command('link <url>').description('make a connect link for somebody to sign in by'))
		.option(
			'--email <address>',
			'the mailbox; may be left to the person where there is a return URL',
		)
		.option('--return-url <url>', 'send the person back there: one that is registered for the site')
		.option('--expires-in <duration>', 'how long a sign-in can begin by it', '24h')
		.action(lazily(async () => (await import('./site-link.ts')).linkSite));
	withJson(site.command('rotate-key <url>').description('a new key; the old one works for a while'))
		.option('--grace <duration>', 'how long the old key works', '24h')
		.action(lazily(async () => (await import('./site.ts')).rotateSiteKey));
}

function addSiteAdd(add: Command): void {
	addDetailOptions(add)
		.argument('[url]', 'URL of the site, such as https://mysite.equisonline.com')
		.option('--name <text>', 'what people know the site by')
		.addOption(repeatable('--mail-domain <domain>', 'take mailboxes of this domain'))
		.addOption(repeatable('--tenant <id>', 'take accounts of this Microsoft Entra tenant'))
		.option('--any-mailbox', 'take every mailbox')
		.addOption(repeatable('--return-url <url>', 'the same as --add-return-url').hideHelp())
		.action(async (url: string | undefined, options: AddSiteOptions, command: Command) => {
			if (options.from === undefined && (url === undefined || options.name === undefined)) {
				command.error('error: name the site: mailkey site add <url> --name <text>');
			}
			if (options.from !== undefined && url !== undefined) {
				command.error('error: the URLs are in the file: mailkey site add --from sites.csv');
			}
			const { addSite } = await import('./site.ts');
			return addSite(url ?? '', options);
		});
	// What is said beside the file would be lost: it belongs into a column.
	const ofOneSite = add.options
		.map((option) => option.attributeName())
		.filter((name) => name !== 'json');
	add.addOption(
		new Option(
			'--from <file>',
			'register the sites of a CSV file; keys go into a file beside it',
		).conflicts(ofOneSite),
	);
}

function addSiteChange(change: Command): void {
	const several = (flags: string, description: string) =>
		change.addOption(repeatable(flags, description));
	change.option('--name <text>', 'what people know the site by');
	several('--add-mail-domain <domain>', 'take mailboxes of this domain too');
	several('--remove-mail-domain <domain>', 'take no new mailboxes of this domain');
	several('--add-tenant <id>', 'take accounts of this Microsoft Entra tenant too');
	several('--remove-tenant <id>', 'take no new accounts of this Microsoft Entra tenant');
	several('--remove-return-url <url>', 'send nobody back to this URL any more');
	change.option('--any-mailbox <yes|no>', 'take every mailbox, or no longer');
	addDetailOptions(change).action(
		async (url: string, options: ChangeSiteOptions, command: Command) => {
			const isNamed = Object.entries(options).some(
				([name, value]) => name !== 'json' && !(Array.isArray(value) && value.length === 0),
			);
			if (!isNamed) command.error('error: name what to change: see mailkey site change --help');
			return (await import('./site.ts')).changeSite(url, options);
		},
	);
}

type RevokeOptions = JsonOption & { from?: string };

function addTokenCommands(token: Command): void {
	withJson(token.command('list').description('all stored tokens'))
		.option('--site <url>', 'only those of this site')
		.option('--mailbox <address>', 'only those of this mailbox, at whatever site')
		.addOption(
			new Option('--status <status>', 'only those in this state').choices(STORED_TOKEN_STATES),
		)
		.action(lazily(async () => (await import('./token.ts')).listTokens));
	withJson(token.command('show <identifier>').description('one stored token')).action(
		lazily(async () => (await import('./token.ts')).showToken),
	);
	withJson(token.command('revoke [identifier]').description('destroy it'))
		.option('--from <file>', 'revoke again what an audit export (audit --csv) says was revoked')
		.action(async (identifier: string | undefined, options: RevokeOptions, command: Command) => {
			if ((identifier === undefined) === (options.from === undefined)) {
				command.error(
					'error: name the identifier, or a file: mailkey token revoke --from audit.csv',
				);
			}
			if (options.from !== undefined) {
				return (await import('./revoked-file.ts')).revokeFrom(options.from, options);
			}
			return (await import('./token.ts')).revokeToken(identifier ?? '', options);
		});
	withJson(token.command('check <identifier>').description('log in to its mailbox')).action(
		lazily(async () => (await import('./token.ts')).checkToken),
	);
	withJson(token.command('refresh <identifier>').description('refresh it now')).action(
		lazily(async () => (await import('./token.ts')).refreshToken),
	);
}

function addWebhookCommands(webhook: Command): void {
	withJson(webhook.command('list <url>').description('what waits, what failed, and why')).action(
		lazily(async () => (await import('./webhook.ts')).listWebhook),
	);
	withJson(webhook.command('test <url>').description('post webhook.test now')).action(
		lazily(async () => (await import('./webhook.ts')).testWebhook),
	);
	withJson(webhook.command('retry <url>').description('try what failed once more')).action(
		lazily(async () => (await import('./webhook.ts')).retryWebhook),
	);
	withJson(
		webhook
			.command('rotate-secret <url>')
			.description('a new secret; the old one signs as well for a while'),
	)
		.option('--grace <duration>', 'how long the old secret signs as well', '24h')
		.action(lazily(async () => (await import('./webhook.ts')).rotateWebhookSecret));
}

function addPracticeCommands(practice: Command): void {
	withJson(
		practice
			.command('connect <mailbox>')
			.description('make an identifier without a browser; prints the site key too, as JSON')
			.option('--link <url>', 'by this connect link; prints where the browser would return to'),
	).action(lazily(async () => (await import('./practice-commands.ts')).connectMailbox));
	withJson(
		practice
			.command('set <identifier>')
			.description('put it into a state')
			.addArgument(new Argument('<state>').choices(STORED_TOKEN_STATES)),
	).action(lazily(async () => (await import('./practice-commands.ts')).setState));
	withJson(
		practice
			.command('deliver <mailbox> <file>')
			.description('put a message (.eml) into the INBOX of a practice mailbox'),
	).action(lazily(async () => (await import('./practice-commands.ts')).deliverMessage));
}

/** Each command reads only what it needs: the mail gateway starts in half the time. */
function lazily<Args extends unknown[]>(
	load: () => Promise<(...args: Args) => Promise<void> | void>,
): (...args: Args) => Promise<void> {
	return async (...args) => (await load())(...args);
}

function withYes(command: Command): Command {
	return withJson(command).option('--yes', 'do not ask');
}

function withJson(command: Command): Command {
	return command.option('--json', 'print JSON');
}
