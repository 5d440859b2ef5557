// The environment as typed settings, or one plain sentence per fault: which variable, and what is
// accepted. Read once, at the start; nothing else looks at the environment.

import type { CloudName } from '../../domain/cloud.ts';
import type { MailServers } from '../../domain/mail-protocol.ts';
import { CLOUD_NAMES, CLOUDS } from '../../domain/cloud.ts';
import type { Logo } from '../../domain/logo.ts';
import { OperatorError } from '../../domain/operator-error.ts';
import type { LogLevel } from '../log.ts';
import type { Authority } from '../microsoft/authority.ts';
import type { ClientCredential } from '../microsoft/client-credential.ts';
import {
	readDatabase,
	readDatabasePool,
	type DatabasePool,
	type DatabaseSettings,
} from './database.ts';
import { readLimits, type Limits } from './limits.ts';
import { readLogo } from './logo.ts';
import { readNamedMailServers } from './mail.ts';
import {
	createReader,
	isLoopbackHost,
	readBase,
	readListen,
	readNumber,
	readOneOf,
	readOrigin,
	readPort,
	readRequired,
	readTenant,
	type Environment,
	type Reader,
} from './reader.ts';
import { readDay, readNotices, type NoticeSettings } from './notices.ts';
import { withSecretFiles } from './secret-files.ts';
import { readCredential, readKeyRing } from './secrets.ts';
import { readPrivateHosts } from './webhooks.ts';
import { readLine, readPrivacyUrl, readSupportUrl } from './wording.ts';
import type { KeyRing } from '../vault/key-ring.ts';

export type MicrosoftSettings = {
	clientId: string;
	credential: ClientCredential;
	authority: Authority;
	cloud: CloudName;
};

type CommonSettings = {
	/** Where the browser finds the helper: scheme, host and port, no slash at the end. */
	origin: string;
	host: string;
	port: number;
	database: DatabaseSettings;
	databasePool: DatabasePool;
	logLevel: LogLevel;
	/** Whether the log names mailboxes whole. */
	logMailboxes: 'masked' | 'full';
	limits: Limits;
	/** Reverse proxies in front whose word on the client address counts. */
	trustedProxies: number;
	supportUrl: string | undefined;
	privacyUrl: string | undefined;
	helperName: string | undefined;
	/** One line of the operator's, for the page. */
	helperAdvice: string | undefined;
	helperLogo: Logo | undefined;
	/** Where `/metrics` is told; nowhere when undefined. */
	metricsListen: { host: string; port: number } | undefined;
	/** How long the audit trail and the counts of uses are kept; 0 keeps all. */
	auditDays: number;
	/** Hosts in private networks that webhooks may go to. */
	webhookPrivateHosts: readonly string[];
	/** Each active mailbox is looked at about that often by a real login; 0 is never. */
	recheckDays: number;
	/** Mail to people; none when undefined. */
	notices: NoticeSettings | undefined;
	/** When the client secret ends, as Microsoft showed it. */
	clientSecretExpires: Date | undefined;
	keepAlive: {
		/** Refreshes a second, at most, that one process begins by itself. */
		ratePerSecond: number;
		/** How long a token is kept that its site never resolves. */
		neverUsedDays: number;
	};
};

/** What a helper needs, wherever its settings come from. */
export type AppSettings = CommonSettings & {
	microsoft: MicrosoftSettings;
	tokenKeys: KeyRing;
	mail: MailServers;
};

export type Settings =
	| ({ mode: 'live' } & AppSettings)
	/** The practice Microsoft, its mail servers and the key are made by the starter, in `dataDirectory`. */
	| ({
			mode: 'practice';
			dataDirectory: string;
			/** In place of the practice mail servers. */
			otherMail: Partial<MailServers>;
	  } & CommonSettings);

/** The names that the HTTP server lets through. */
const PRACTICE_NAMES = ['localhost', '127.0.0.1'];

const LOG_LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

/** Any one of these ends practice mode. */
const LIVE_VARIABLES = ['DATABASE_URL', 'TOKEN_KEYS'];

/** Throws `OperatorError` with a sentence per fault. `root` is the folder that relative paths start from. */
export function parseSettings(given: Environment, root: string): Settings {
	const environment = withSecretFiles(given, root);
	const reader = createReader(environment, root);
	const names = [...LIVE_VARIABLES, ...Object.keys(environment).filter(isMicrosoftVariable)];
	const isLive = names.some((name) => reader.text(name) !== undefined);
	const origin = readOrigin(reader, 'ORIGIN');
	const isLocal = origin === undefined || isLoopbackHost(new URL(origin).hostname);
	const settings = !isLive && isLocal ? readPractice(reader, origin) : readLive(reader, origin);
	if (reader.faults.length > 0) throw new OperatorError(reader.faults);
	return settings;
}

function isMicrosoftVariable(name: string): boolean {
	return name.startsWith('MICROSOFT_');
}

function readPractice(reader: Reader, origin: string | undefined): Settings {
	const dataDirectory = reader.path(`${reader.text('DATA_DIR') ?? 'data'}/practice`);
	const port = readPort(reader, 'PORT', 3000);
	if (origin !== undefined && !PRACTICE_NAMES.includes(new URL(origin).hostname)) {
		reader.fault('ORIGIN must be at http://localhost or http://127.0.0.1 in practice mode.');
	}
	const host = reader.text('HOST') ?? '127.0.0.1';
	if (!isLoopbackHost(host)) {
		reader.fault(
			'HOST: practice mode listens on loopback only. Leave HOST unset, or configure a real helper (MICROSOFT_CLIENT_ID and the rest, see README).',
		);
	}
	return {
		mode: 'practice',
		dataDirectory,
		origin: origin ?? `http://localhost:${port}`,
		host: host === 'localhost' ? '127.0.0.1' : host,
		port,
		database: { kind: 'embedded', directory: dataDirectory },
		otherMail: readNamedMailServers(reader),
		...readCommon(reader),
	};
}

function readLive(reader: Reader, origin: string | undefined): Settings {
	if (origin === undefined && reader.text('ORIGIN') === undefined) {
		reader.fault(
			'ORIGIN is missing: the public address of this helper, such as https://mail.example.com.',
		);
	}
	const cloud = readOneOf(reader, 'MICROSOFT_CLOUD', CLOUD_NAMES, 'global');
	return {
		mode: 'live',
		origin: origin ?? '',
		host: reader.text('HOST') ?? '0.0.0.0',
		port: readPort(reader, 'PORT', 3000),
		database: readDatabase(reader),
		microsoft: readMicrosoft(reader, cloud),
		tokenKeys: readKeyRing(reader, 'TOKEN_KEYS'),
		mail: { ...CLOUDS[cloud].mail, ...readNamedMailServers(reader) },
		...readCommon(reader),
	};
}

function readMicrosoft(reader: Reader, cloud: CloudName): MicrosoftSettings {
	return {
		clientId: readRequired(
			reader,
			'MICROSOFT_CLIENT_ID',
			'the application (client) id of the app registration',
		),
		credential: readCredential(reader, {
			secret: 'MICROSOFT_CLIENT_SECRET',
			certificate: 'MICROSOFT_CLIENT_CERTIFICATE',
		}),
		authority: {
			base:
				readBase(reader, 'MICROSOFT_AUTHORITY', 'a base URL, such as https://login.example.com') ??
				CLOUDS[cloud].loginBase,
			tenant: readTenant(reader, 'MICROSOFT_TENANT'),
		},
		cloud,
	};
}

function readCommon(reader: Reader) {
	return {
		logLevel: readOneOf(reader, 'LOG_LEVEL', LOG_LEVELS, 'info'),
		logMailboxes: readOneOf(reader, 'LOG_MAILBOXES', ['masked', 'full'] as const, 'masked'),
		limits: readLimits(reader, 'LIMITS'),
		databasePool: readDatabasePool(reader),
		trustedProxies: readNumber(reader, 'TRUSTED_PROXIES', { least: 0, most: 10, fallback: 0 }),
		supportUrl: readSupportUrl(reader, 'SUPPORT_URL'),
		privacyUrl: readPrivacyUrl(reader, 'PRIVACY_URL'),
		helperName: readLine(reader, 'HELPER_NAME'),
		helperAdvice: readLine(reader, 'HELPER_ADVICE'),
		helperLogo: readLogo(reader, 'HELPER_LOGO'),
		metricsListen: readListen(reader, 'METRICS_LISTEN'),
		auditDays: readNumber(reader, 'AUDIT_DAYS', { least: 0, most: 36_500, fallback: 730 }),
		webhookPrivateHosts: readPrivateHosts(reader, 'WEBHOOK_PRIVATE_HOSTS'),
		recheckDays: readNumber(reader, 'RECHECK_DAYS', { least: 0, most: 365, fallback: 7 }),
		notices: readNotices(reader),
		clientSecretExpires: readDay(reader, 'MICROSOFT_CLIENT_SECRET_EXPIRES'),
		keepAlive: {
			ratePerSecond: readNumber(reader, 'KEEP_ALIVE_RATE', { least: 1, most: 1000, fallback: 20 }),
			neverUsedDays: readNumber(reader, 'NEVER_USED_DAYS', { least: 1, most: 3650, fallback: 30 }),
		},
	};
}
