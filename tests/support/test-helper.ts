// A helper for one test: a world of its own, a log that can be read, one registered site, and browsers without a browser.

import { explainSignIn } from '../../src/lib/problems/explain-sign-in.ts';
import { randomInt } from 'node:crypto';
import { Writable } from 'node:stream';
import type postgres from 'postgres';
import type { RedeemCodeResult } from '../../src/lib/server/sign-ins/code-request.ts';
import { createApp, type App } from '../../src/lib/server/app/app.ts';
import { makeTokenNumber } from '../../src/lib/server/tokens/token-number.ts';
import { createLog } from '../../src/lib/server/log.ts';
import type { MailClient } from '../../src/lib/server/mail/mail-client.ts';
import type { ClientCredential } from '../../src/lib/server/microsoft/client-credential.ts';
import type { Fetch } from '../../src/lib/server/microsoft/http.ts';
import type { SignInInput } from '../../src/lib/server/sign-ins/start-of-sign-in.ts';
import type { SessionCookie } from '../../src/lib/server/owners/sessions.ts';
import type { Limits } from '../../src/lib/server/settings/limits.ts';
import type { AppSettings, MicrosoftSettings } from '../../src/lib/server/settings/settings.ts';
import type { MailServers } from '../../src/lib/domain/mail-protocol.ts';
import type { SignInId, SignInStatus, StartedSignIn } from '../../src/lib/domain/sign-in.ts';
import type { KeyRing } from '../../src/lib/server/vault/key-ring.ts';
import type { PracticeClient } from '../../src/practice/microsoft/context.ts';
import type { PracticeMicrosoft } from '../../src/practice/microsoft/practice-microsoft.ts';
import { closedMailClient } from './closed-mail-client.ts';
import { createMigratedDatabase } from './database.ts';
import { returnOf, type AtMicrosoft } from '../../src/practice/microsoft/sign-in-at-microsoft.ts';
import { liveSettings } from './vault-instance.ts';
import { VISITOR } from './visitor.ts';
import { openWorld, type Clock, type World } from './world.ts';

export const SITE = 'https://mysite.equisonline.com';
export const MAILBOX = 'equis@mycompany.com';
export const MY_COMPANY = '6f1c3a52-0d5e-4b7a-9a43-2f6c1e8b9d10';
export const OTHER_COMPANY = 'b27d94e8-51c6-4f0b-8e2d-7a90c4f3156e';
export const CLIENT_ID = 'c0ffee00-0000-4000-8000-000000000001';
export const CLIENT_SECRET = 'practice secret+with/odd=characters:%&';

/** Another answer in place of Microsoft's, for the requests that it knows; throws as a network does. */
export type Interception = (
	url: string,
	answer: () => Promise<Response>,
	init: RequestInit | undefined,
) => Promise<Response> | undefined;

export type TestHelperOptions = {
	/** What the helper shows Microsoft. */
	credential?: ClientCredential;
	/** What Microsoft has registered. */
	client?: Partial<PracticeClient>;
	microsoft?: Partial<MicrosoftSettings['authority']>;
	/** In place of the database's own address: to cut the helper off from it. */
	reachedAt?: (databaseUrl: string) => Promise<string>;
	/** `https://…` for the cookie of a real helper. */
	origin?: string;
	/** Mail servers that answer as a test wants. */
	mailClient?: MailClient;
	/** In place of mail servers that nobody reaches. */
	startMail?: (microsoft: PracticeMicrosoft) => Promise<MailServers>;
	/** Off unless a test is about them. */
	limits?: Partial<Limits>;
	/** The operator's own, on the pages. */
	wording?: Partial<Pick<AppSettings, 'helperName' | 'helperAdvice' | 'helperLogo' | 'supportUrl'>>;
	webhookPrivateHosts?: readonly string[];
	/** What the pages say of themselves. */
	mode?: 'live' | 'practice';
};

export type TestHelper = {
	app: App;
	practice: PracticeMicrosoft;
	/** To look into the database and to change it behind the helper's back. */
	sql: postgres.Sql;
	databaseUrl: string;
	clock: Clock;
	keys: KeyRing;
	siteId: number;
	siteKey: string;
	logged: () => string;
	/** URLs that the helper asked Microsoft for. */
	asked: readonly string[];
	intercept: (interception: Interception) => void;
	/** Microsoft's own answers again. */
	letThrough: () => void;
	/** The next new stored tokens get these numbers, then random ones again. */
	drawNumbers: (...numbers: number[]) => void;
	openBrowser: () => TestBrowser;
	stop: () => Promise<void>;
};

export async function startTestHelper(options: TestHelperOptions = {}): Promise<TestHelper> {
	const world = await openWorld({
		databaseUrl: await createMigratedDatabase(),
		...(options.origin !== undefined && { origin: options.origin }),
		client: { id: CLIENT_ID, secret: CLIENT_SECRET },
		registered: options.client ?? {},
		keyIds: ['k1', 'k2'],
	});
	const { databaseUrl, sql, clock, microsoft: practice } = world;
	const mail = await options.startMail?.(practice);
	const network = createNetwork();
	const { destination, logged } = createCapture();
	const settings = helperSettings(world, options, mail);
	const numbers: number[] = [];
	const app = createApp({
		settings,
		mode: options.mode ?? 'live',
		databaseUrl: (await options.reachedAt?.(databaseUrl)) ?? databaseUrl,
		log: createLog({ level: 'debug', destination }),
		now: clock.now,
		newTokenNumber: () => numbers.shift() ?? makeTokenNumber(randomInt),
		fetch: network.fetch,
		...(options.mailClient && { mailClient: options.mailClient }),
		...(!options.mailClient && !mail && { mailClient: closedMailClient }),
	});
	const site = await app.registerSite({
		url: SITE,
		name: 'Practice site',
		mailDomains: ['mycompany.com'],
		tenants: [],
		anyMailbox: false,
	});
	return {
		app,
		practice,
		sql,
		databaseUrl,
		clock,
		keys: settings.tokenKeys,
		siteId: site.id,
		siteKey: site.key,
		logged,
		asked: network.asked,
		intercept: network.intercept,
		letThrough: network.letThrough,
		drawNumbers: (...next) => void numbers.splice(0, numbers.length, ...next),
		openBrowser: () => createBrowser(app),
		async stop() {
			await app.close();
			await world.close();
		},
	};
}

function helperSettings(
	{ environment }: World,
	options: TestHelperOptions,
	mail: MailServers | undefined,
): AppSettings {
	const settings = liveSettings(environment);
	const { microsoft } = settings;
	return {
		...settings,
		...options.wording,
		...(mail && { mail }),
		limits: { ...settings.limits, ...options.limits },
		webhookPrivateHosts: options.webhookPrivateHosts ?? [],
		microsoft: {
			...microsoft,
			credential: options.credential ?? microsoft.credential,
			authority: { ...microsoft.authority, ...options.microsoft },
		},
	};
}

/** One browser: its cookie, and what the page does with it. */
export type TestBrowser = {
	cookie: string | undefined;
	begin(email?: string, site?: string): Promise<StartedSignIn>;
	/** By a link, or once more. */
	beginBy(input: SignInInput): Promise<StartedSignIn>;
	/** Begins by a link, signs in at Microsoft as `as`, and redeems. */
	signInBy(link: string, as?: string): Promise<StartedSignIn>;
	/** The URL that the browser goes back to. */
	returnUrl(id: SignInId | 'current'): Promise<URL>;
	/** Posts the code to the helper and keeps the cookie that comes back. */
	redeem(started: StartedSignIn, answer: AtMicrosoft): Promise<RedeemCodeResult>;
	/** Begins, signs in at Microsoft as `as`, and redeems. */
	signIn(as?: string, email?: string, site?: string): Promise<SignInStatus>;
	refuse(id: SignInId | 'current', error: unknown, description: unknown): Promise<void>;
	status(id: SignInId | 'current'): Promise<SignInStatus>;
	confirm(id: SignInId | 'current'): Promise<void>;
	/** Another one with the same cookie: a second tab, or an answer that got lost. */
	copy(): TestBrowser;
};

function createBrowser(app: App, cookie?: string): TestBrowser {
	const find = () => app.findSession(browser.cookie);
	const keep = (sent: SessionCookie | undefined) => {
		if (sent) browser.cookie = sent.value;
	};
	const browser: TestBrowser = {
		cookie,
		begin: (email = MAILBOX, site = SITE) => browser.beginBy({ site, email }),
		async beginBy(input) {
			const { cookie: sent, ...started } = await app
				.forVisitor(VISITOR)
				.beginSignIn(await find(), input);
			keep(sent);
			return started;
		},
		async signInBy(link, as = MAILBOX) {
			const started = await browser.beginBy({ link });
			await browser.redeem(started, await signInAtMicrosoft(app, started, as));
			return started;
		},
		async returnUrl(id) {
			const { return_to } = await app.forVisitor(VISITOR).returnToSite(await find(), id);
			return new URL(return_to);
		},
		async redeem({ sign_in: id }, { code, codeVerifier }) {
			const result = await app
				.forVisitor(VISITOR)
				.redeemCode(await find(), id, { code, codeVerifier });
			if (result.kind === 'redeemed') keep(result.cookie);
			return result;
		},
		async signIn(as = MAILBOX, email = as, site = SITE) {
			const started = await browser.begin(email, site);
			await browser.redeem(started, await signInAtMicrosoft(app, started, as));
			return browser.status(started.sign_in);
		},
		async refuse(id, error, description) {
			await app.forVisitor(VISITOR).refuseSignIn(await find(), id, { error, description });
		},
		status: async (id) =>
			explainSignIn(await app.forVisitor(VISITOR).signInStatus(await find(), id), 'en'),
		confirm: async (id) => app.forVisitor(VISITOR).confirmSignIn(await find(), id),
		copy: () => createBrowser(app, browser.cookie),
	};
	return browser;
}

/** Walks the authorize step as msal-browser and a person would, and presses the button of `choice`. */
export async function signInAtMicrosoft(
	{ page }: App,
	started: StartedSignIn,
	choice = MAILBOX,
): Promise<AtMicrosoft> {
	return returnOf({ ...page.microsoft, ...started, choice });
}

function createNetwork() {
	const asked: string[] = [];
	const interceptions: Interception[] = [];
	const answer: Fetch = (input, init) => {
		const url = input instanceof Request ? input.url : String(input);
		asked.push(url);
		const real = () => globalThis.fetch(input, init);
		for (const interception of interceptions) {
			const other = interception(url, real, init);
			if (other) return other;
		}
		return real();
	};
	return {
		asked,
		fetch: answer,
		intercept: (interception: Interception) => void interceptions.unshift(interception),
		letThrough: () => void interceptions.splice(0),
	};
}

function createCapture() {
	const lines: string[] = [];
	const destination = new Writable({
		write(chunk, _encoding, done) {
			lines.push(String(chunk));
			done();
		},
	});
	return { destination, logged: () => lines.join('') };
}
