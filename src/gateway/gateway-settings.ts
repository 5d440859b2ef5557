// What the gateway is told, parsed once: flags and environment come as texts.

import { readFileSync } from 'node:fs';
import { BlockList, isIP } from 'node:net';
import { createSecureContext, type SecureContext } from 'node:tls';
import { OperatorError } from '../lib/domain/operator-error.ts';
import { MAIL_PROTOCOLS, type MailProtocol } from '../lib/domain/mail-protocol.ts';

/** As the command line gives them: `--site-key-file` and so on. */
export type GatewayOptions = Record<MailProtocol, string> & {
	[Name in `${MailProtocol}s`]?: string;
} & {
	helper?: string;
	siteKeyFile: readonly string[];
	certificate?: string;
	key?: string;
	public?: true;
	longNumbersOnly?: true;
	resolveRate: string;
	maxConnections: string;
	logMailboxes: 'masked' | 'full';
	metrics?: string;
};

export type ListenerSettings = {
	/** The flag that it comes from. */
	name: string;
	protocol: MailProtocol;
	/** TLS from the first byte, or on request. */
	start: 'tls' | 'clear';
	host: string;
	port: number;
	/** Reached by others than this machine: no login is taken in clear. */
	isPublic: boolean;
};

export type GatewaySettings = {
	helper: URL;
	siteKeys: readonly string[];
	listeners: readonly ListenerSettings[];
	secureContext: SecureContext | undefined;
	/** Numbers of identifiers that can be guessed are refused. */
	longNumbersOnly: boolean;
	/** What the helper grants this gateway; 0 is no limit. */
	resolvesPerSecond: number;
	maxConnections: number;
	/** From the connection to the login, whatever the client sends meanwhile. */
	loginLimitMs: number;
	/** Where metrics and health are told. */
	metrics: { host: string; port: number } | undefined;
};

const LISTENERS = MAIL_PROTOCOLS.flatMap(
	(protocol) =>
		[
			{ name: protocol, protocol, start: 'clear' },
			{ name: `${protocol}s`, protocol, start: 'tls' },
		] as const,
);

/** Somebody may type it all by hand. */
const LOGIN_LIMIT_MS = 2 * 60_000;

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8);
LOOPBACK.addAddress('::1', 'ipv6');

/** Throws `OperatorError` with a sentence for each fault. `siteKey` is `MAILKEY_SITE_KEY`. */
export function parseGatewaySettings(
	options: GatewayOptions,
	siteKey: string | undefined,
): GatewaySettings {
	const faults: string[] = [];
	const fault = (sentence: string): undefined => void faults.push(sentence);
	const settings = {
		helper: parseHelper(options.helper, fault),
		siteKeys: parseSiteKeys(options.siteKeyFile, siteKey, fault),
		secureContext: parseCertificate(options, fault),
		listeners: LISTENERS.flatMap((listener) => {
			const text = options[listener.name];
			if (text === undefined || text === 'off') return [];
			const address = parseAddress(text);
			if (address) return [{ ...listener, ...address, isPublic: !isLoopback(address.host) }];
			fault(`--${listener.name}: "${text}" is no address such as 127.0.0.1:1143, and not "off".`);
			return [];
		}),
		longNumbersOnly: options.longNumbersOnly === true,
		resolvesPerSecond: Number(options.resolveRate),
		maxConnections: Number(options.maxConnections),
		loginLimitMs: LOGIN_LIMIT_MS,
		metrics: options.metrics === undefined ? undefined : parseAddress(options.metrics),
	};
	if (!Number.isSafeInteger(settings.maxConnections) || settings.maxConnections < 1) {
		fault('--max-connections: a number from 1 on is needed.');
	}
	if (!Number.isFinite(settings.resolvesPerSecond) || settings.resolvesPerSecond < 0) {
		fault('--resolve-rate: a number of requests a second is needed; 0 is no limit.');
	}
	if (options.metrics !== undefined && !settings.metrics) {
		fault(
			`--metrics (or METRICS_LISTEN): "${options.metrics}" is no address such as 127.0.0.1:9465.`,
		);
	}
	checkListeners(settings, options, fault);
	const { helper } = settings;
	if (faults.length > 0 || helper === undefined) throw new OperatorError(faults);
	return { ...settings, helper };
}

type Fault = (sentence: string) => undefined;

function parseHelper(text: string | undefined, fault: Fault): URL | undefined {
	if (text === undefined) {
		return fault('--helper (or MAILKEY_HELPER): the URL of the sign-in helper is missing.');
	}
	if (!URL.canParse(text)) return fault(`--helper: "${text}" is no URL.`);
	const url = new URL(text);
	const isSafe =
		url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname));
	if (!isSafe) {
		return fault(
			'--helper: the URL must begin with https://, as the site key and tokens cross it.',
		);
	}
	return url;
}

function parseSiteKeys(
	files: readonly string[],
	fromEnvironment: string | undefined,
	fault: Fault,
): string[] {
	const texts: [string, string][] = files.flatMap((file): [string, string][] => {
		const text = readText(file, '--site-key-file', fault);
		return text === undefined ? [] : [[`--site-key-file ${file}`, text]];
	});
	if (fromEnvironment !== undefined) texts.push(['MAILKEY_SITE_KEY', fromEnvironment]);
	if (files.length === 0 && fromEnvironment === undefined) {
		fault('--site-key-file (or MAILKEY_SITE_KEY): no site key is given.');
	}
	return texts.flatMap(([from, text]) => {
		const keys = text.split(/\s+/).filter((key) => key !== '');
		const isSound =
			keys.length > 0 && keys.every((key) => /^mksite_[A-Za-z0-9_-]{20,200}$/.test(key));
		if (!isSound) fault(`${from}: this is no site key; one begins with mksite_.`);
		return isSound ? keys : [];
	});
}

function parseCertificate(
	{ certificate, key }: GatewayOptions,
	fault: Fault,
): SecureContext | undefined {
	if (certificate === undefined && key === undefined) return undefined;
	if (certificate === undefined || key === undefined) {
		return fault('--certificate and --key: both are needed, or none.');
	}
	const cert = readText(certificate, '--certificate', fault);
	const privateKey = readText(key, '--key', fault);
	if (cert === undefined || privateKey === undefined) return undefined;
	try {
		return createSecureContext({ cert, key: privateKey, minVersion: 'TLSv1.2' });
	} catch {
		return fault('--certificate and --key: these are no PEM certificate and its private key.');
	}
}

function readText(file: string, flag: string, fault: Fault): string | undefined {
	try {
		return readFileSync(file, 'utf8');
	} catch (error) {
		const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
		return fault(`${flag}: the file ${file} cannot be read (${code}).`);
	}
}

function checkListeners(
	{ listeners, secureContext }: Pick<GatewaySettings, 'listeners' | 'secureContext'>,
	{ public: mayBePublic }: GatewayOptions,
	fault: Fault,
): void {
	if (listeners.length === 0) fault('Nothing to listen on: --imap, --pop and --smtp are all off.');
	for (const { name, start, isPublic } of listeners) {
		if (start === 'tls' && !secureContext) fault(`--${name}: needs --certificate and --key.`);
		if (isPublic && !(mayBePublic && secureContext)) {
			fault(
				`--${name}: beyond this machine (127.0.0.1, ::1) the gateway listens only with --public and with --certificate and --key.`,
			);
		}
	}
}

function parseAddress(text: string): { host: string; port: number } | undefined {
	const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([^:\s]+)):(\d{1,5})$/.exec(text) ?? [];
	const host = bracketed ?? plain;
	const port = Number(digits);
	if (host === undefined || port > 65_535) return undefined;
	return bracketed !== undefined && isIP(bracketed) !== 6 ? undefined : { host, port };
}

function isLoopback(host: string): boolean {
	const address = host.replace(/^\[|\]$/g, '');
	if (address === 'localhost') return true;
	const family = isIP(address);
	return family !== 0 && LOOPBACK.check(address, family === 6 ? 'ipv6' : 'ipv4');
}
