// One instance of the app, with the site API on a loopback port of its own: what a test asks as a site would.

import { createServer, type RequestListener } from 'node:http';
import { parseSettings, type AppSettings } from '../../src/lib/server/settings/settings.ts';
import { createApp, type App } from '../../src/lib/server/app/app.ts';
import { createLog } from '../../src/lib/server/log.ts';
import type { RefreshDurations } from '../../src/lib/server/durations.ts';
import { createSiteApi } from '../../src/http/site-api.ts';
import type { MailClient } from '../../src/lib/server/mail/mail-client.ts';
import { closedMailClient } from './closed-mail-client.ts';
import { VISITOR } from './visitor.ts';

export type InstanceOptions = {
	environment: Readonly<Record<string, string>>;
	log: (line: string) => void;
	now?: () => Date;
	fetch?: typeof fetch;
	durations?: Partial<RefreshDurations>;
	/** In place of mail servers that nobody reaches. */
	mailClient?: MailClient;
	/** `practice`: webhooks may go to this machine. */
	mode?: 'live' | 'practice';
	/** Stands before the site API. */
	front?: (handler: RequestListener) => RequestListener;
};

export type SiteAnswer = {
	status: number;
	headers: Headers;
	text: string;
	/** The JSON object, or an empty one. */
	body: Record<string, unknown>;
};

export type VaultInstance = {
	app: App;
	/** Where the site API is. */
	url(): Promise<string>;
	/** Asks the site API, with a key or without. */
	ask(path: string, key: string | undefined, init?: RequestInit): Promise<SiteAnswer>;
	resolve(key: string | undefined, body: unknown): Promise<SiteAnswer>;
	close(): Promise<void>;
};

export function openInstance(options: InstanceOptions): VaultInstance {
	const { environment, log, now, fetch: fetchOfHelper, durations } = options;
	const app = createApp({
		settings: liveSettings(environment),
		mode: options.mode ?? 'live',
		databaseUrl: environment['DATABASE_URL'] ?? '',
		log: createLog({ level: 'debug', destination: { write: log } }),
		...(now && { now }),
		...(fetchOfHelper && { fetch: fetchOfHelper }),
		...(durations && { durations }),
		mailClient: options.mailClient ?? closedMailClient,
	});
	const siteApi = createSiteApi(app, () => VISITOR);
	const api: RequestListener = (request, response) => void siteApi(request, response, []);
	const server = createServer(options.front?.(api) ?? api);
	let listening: Promise<string> | undefined;
	const url = () =>
		(listening ??= new Promise((resolve, reject) => {
			server.once('error', reject);
			server.listen(0, '127.0.0.1', () => {
				const address = server.address();
				resolve(`http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`);
			});
		}));
	const ask = async (path: string, key: string | undefined, init?: RequestInit) =>
		askSiteApi(await url(), path, key, init);
	return {
		app,
		url,
		ask,
		resolve: (key, body) => ask('/api/v1/resolve', key, jsonPost(body)),
		async close() {
			server.closeAllConnections();
			server.close();
			await app.close();
		},
	};
}

export async function askSiteApi(
	url: string,
	path: string,
	key: string | undefined,
	init: RequestInit = {},
): Promise<SiteAnswer> {
	const headers = new Headers(init.headers);
	if (key !== undefined) headers.set('authorization', `Bearer ${key}`);
	const response = await fetch(url + path, { ...init, headers });
	const text = await response.text();
	return { status: response.status, headers: response.headers, text, body: parseBody(text) };
}

export function jsonPost(body: unknown): RequestInit {
	return {
		method: 'POST',
		headers: { 'content-type': 'application/json' },
		body: JSON.stringify(body),
	};
}

function parseBody(text: string): Record<string, unknown> {
	return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
}

export function liveSettings(environment: Readonly<Record<string, string>>): AppSettings {
	const settings = parseSettings(environment, '/');
	if (settings.mode !== 'live') throw new Error('the environment of an instance is not complete');
	return settings;
}
