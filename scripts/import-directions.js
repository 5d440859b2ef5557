// Who may import whom, as a table. Paths are read as they are written and never looked up on disk: a checker
// that needs a resolver falls silent where the resolver finds nothing.

import { posix } from 'node:path';

/**
 * @typedef {object} Module
 * @property {string} at what the paths of its files begin with; of several that fit, the longest counts
 * @property {string[]} modules that it may import, besides itself
 * @property {string[]} [types] modules of which it may import types alone
 * @property {string[]} [packages] that it may import, sub-paths included
 */

const domain = 'src/lib/domain/';
const problems = 'src/lib/problems/';
const words = 'src/lib/words/';
const components = 'src/lib/components/';
const browser = 'src/lib/browser/';
const msal = 'src/lib/browser/microsoft';
const server = 'src/lib/server/';
const microsoft = `${server}microsoft/`;
const mail = `${server}mail/`;
const vault = `${server}vault/`;
const webhooks = `${server}webhooks/`;
const database = `${server}database/`;
const log = `${server}log`;
const describeError = `${server}describe-error`;
const folders = `${server}folders`;
const clientAddress = `${server}client-address`;
const acceptEncoding = `${server}accept-encoding`;
const listen = `${server}listen`;
const durations = `${server}durations`;
const withTimeout = `${server}with-timeout`;
const allowance = `${server}allowance`;
const dueWork = `${server}due-work`;
const retryWhileDatabaseDown = `${server}retry-while-database-down`;
const settings = `${server}settings/`;
const app = `${server}app/`;
/** One type, of everything that operations may be given. */
const services = `${server}app/services.`;
const nouns = [
	'sign-ins',
	'tokens',
	'mailbox-checks',
	'sites',
	'owners',
	'approvals',
	'connect-links',
	'audit',
	'events',
	'notices',
	'limits',
].map((noun) => `${server}${noun}/`);
const lucia = `${server}owners/sessions`;
const routes = 'src/routes/';
const hooks = 'src/hooks.server';
const appTypes = 'src/app.d.ts';
const http = 'src/http/';
const client = 'src/client/';
const gateway = 'src/gateway/';
const cli = 'src/cli/';
const embeddedPostgres = 'src/embedded-postgres/';
const practice = 'src/practice/';
const style = 'src/app.css';
const builtPage = 'build/';

const adapters = [microsoft, mail, vault, webhooks, database];
const kit = ['@sveltejs/kit', '$app', '$env'];
const oauth = ['jose', 'oauth4webapi'];
const sql = ['drizzle-orm', 'postgres'];

/** @type {Module[]} */
const table = [
	{ at: domain, modules: [] },
	{ at: words, modules: [domain] },
	{ at: problems, modules: [domain, words] },
	{ at: components, modules: [domain, problems, words, browser, msal], packages: ['svelte'] },
	{ at: browser, modules: [domain, problems, words, msal], packages: ['svelte'] },
	{ at: msal, modules: [domain, problems, browser], packages: ['@azure/msal-browser'] },
	{ at: microsoft, modules: [domain], packages: ['node', ...oauth] },
	{ at: mail, modules: [domain, withTimeout], packages: ['node', 'imapflow', 'nodemailer'] },
	{ at: vault, modules: [domain], packages: ['node'] },
	{ at: webhooks, modules: [], packages: ['node', 'ipaddr.js', 'standardwebhooks'] },
	{ at: database, modules: [domain, folders], packages: ['node', ...sql] },
	{
		at: embeddedPostgres,
		modules: [domain, folders],
		packages: ['node', 'postgres', '@embedded-postgres'],
	},
	{ at: log, modules: [domain, describeError], packages: ['node', 'pino'] },
	{ at: describeError, modules: [] },
	{ at: folders, modules: [], packages: ['node'] },
	{ at: clientAddress, modules: [], packages: ['ipaddr.js'] },
	{ at: acceptEncoding, modules: [] },
	{ at: listen, modules: [domain], packages: ['node'] },
	{ at: durations, modules: [] },
	{ at: withTimeout, modules: [] },
	{ at: allowance, modules: [] },
	{ at: dueWork, modules: [] },
	{ at: retryWhileDatabaseDown, modules: [database, durations], types: [log, services] },
	{
		at: settings,
		modules: [microsoft, vault, database, domain, folders],
		types: [log, mail],
		packages: ['node'],
	},
	...nouns.map((at) => ({
		at,
		modules: [
			...nouns,
			...adapters,
			...[domain, problems, words, log, clientAddress],
			...[durations, withTimeout, allowance, dueWork, retryWhileDatabaseDown],
		],
		types: [services, settings, lucia],
		packages: ['node'],
	})),
	{ at: lucia, modules: [domain], packages: ['node', 'lucia'] },
	{
		at: services,
		modules: [],
		types: [...nouns, ...adapters, ...[lucia, log, durations, domain, app, retryWhileDatabaseDown]],
		packages: ['node'],
	},
	{
		at: app,
		modules: [
			...nouns,
			...adapters,
			...[services, lucia, settings, log, clientAddress, durations, withTimeout, dueWork],
			...[domain, problems, words],
		],
		packages: ['node', 'prom-client'],
	},
	{
		at: routes,
		modules: [app, components, browser, msal, acceptEncoding, domain, problems, words, style],
		types: [lucia],
		packages: ['node', 'svelte', ...kit],
	},
	{
		at: hooks,
		modules: [routes, app, clientAddress, domain, problems, words],
		packages: ['node', ...kit],
	},
	{ at: appTypes, modules: [domain], types: [app, lucia, routes], packages: kit },
	{ at: style, modules: [] },
	{
		at: http,
		modules: [
			...[app, log, clientAddress, acceptEncoding, folders, listen],
			...[domain, problems, words, builtPage],
		],
		types: [settings],
		packages: ['node', 'vite'],
	},
	{ at: client, modules: [], packages: ['node'] },
	{
		at: gateway,
		modules: [client, mail, clientAddress, listen, domain, problems],
		types: [log],
		packages: ['node', 'prom-client'],
	},
	{
		at: cli,
		modules: [
			...[gateway, app, settings, database, vault, practice, http, embeddedPostgres],
			...[log, describeError, folders, clientAddress, domain, problems],
		],
		packages: ['node', 'commander', 'csv-parse', 'csv-stringify'],
	},
	{
		at: practice,
		modules: [listen, domain, problems],
		packages: ['node', 'smtp-server', 'nodemailer', ...oauth],
	},
	{ at: builtPage, modules: [] },
];

/** The files of a noun's store: SQL is there, and other nouns may import their types alone. */
const STORE = /^src\/lib\/server\/[a-z-]+\/(?:[a-z-]+-)?store(?:\.ts)?$/;

const storePackages = [...sql, '@lucia-auth/adapter-drizzle'];

/** The modules that only Vite reads: it knows `$lib`, while the rest also runs unbuilt, where nothing does. */
const bundled = [components, browser, msal, routes, hooks, appTypes];

/**
 * @param {string} file from the project's folder, with slashes
 * @param {string} specifier as written after `from`
 * @param {'type' | 'value'} kind
 * @returns {string | undefined} what is wrong with importing it there
 */
export function importFault(file, specifier, kind) {
	const module = moduleOf(file);
	if (!module) return `${file} belongs to no module`;
	const path = pathOf(file, specifier);
	if (path === undefined) return packageFault(file, module, specifier);
	if (specifier.startsWith('$lib') && !bundled.includes(module.at)) {
		return `${module.at} also runs without Vite, which alone knows $lib: import by a relative path`;
	}
	const imported = moduleOf(path);
	if (!imported) return `${path} belongs to no module`;
	if (imported.at === module.at) return undefined;
	const mayImport = module.modules.includes(imported.at);
	if (!mayImport && !module.types?.includes(imported.at)) {
		return `${module.at} may not import ${imported.at}`;
	}
	if (imported.at === services && STORE.test(file))
		return `${file} is a store and knows no services`;
	if (kind === 'type') return undefined;
	if (!mayImport) return `${module.at} may import types alone from ${imported.at}`;
	// A noun reaches another noun's store through the services that it is given.
	if (STORE.test(path) && module.at !== app) {
		return `${file} may import types alone from the store ${path}`;
	}
	return undefined;
}

/** @param {string} file @param {Module} module @param {string} specifier */
function packageFault(file, { at, packages = [] }, specifier) {
	const plain = specifier.replace(/^node:/, 'node/');
	const allowed = STORE.test(file) ? [...packages, ...storePackages] : packages;
	if (allowed.some((name) => plain === name || plain.startsWith(`${name}/`))) return undefined;
	return `${at} may not import the package ${specifier}`;
}

/** @param {string} file @param {string} specifier @returns {string | undefined} */
function pathOf(file, specifier) {
	const [path = ''] = specifier.split('?');
	if (path.startsWith('$lib/')) return posix.join('src/lib', path.slice('$lib/'.length));
	return path.startsWith('.') ? posix.join(posix.dirname(file), path) : undefined;
}

/** @param {string} path */
function moduleOf(path) {
	const fitting = table.filter(({ at }) => path.startsWith(at));
	return fitting.sort((a, b) => b.at.length - a.at.length)[0];
}
