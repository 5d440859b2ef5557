// The environment as settings: what each variable may be, what is said when it is not, and when the practice mode may run.

import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { CLOUDS } from '../../src/lib/domain/cloud.ts';
import { OperatorError } from '../../src/lib/domain/operator-error.ts';
import { parseSettings, type Settings } from '../../src/lib/server/settings/settings.ts';
import { makePracticeCertificate } from '../../src/practice/certificate.ts';
import { withSecretFiles } from '../../src/lib/server/settings/secret-files.ts';
import { textMatching } from '../support/matchers.ts';

const root = mkdtempSync(join(tmpdir(), 'mailkey-settings-'));
afterAll(() => rmSync(root, { recursive: true }));

const key = Buffer.from(Array.from({ length: 32 }, (_, index) => index)).toString('base64');
const tenant = '6f1c3a52-0d5e-4b7a-9a43-2f6c1e8b9d10';

type Variables = Record<string, string | undefined>;

/** The least that a real helper needs. */
const live = {
	ORIGIN: 'https://mail.example.com',
	MICROSOFT_CLIENT_ID: 'c0ffee00-0000-4000-8000-000000000001',
	MICROSOFT_CLIENT_SECRET: 'very~secret',
	TOKEN_KEYS: `k1:${key}`,
};

function liveWith(changes: Variables): Variables {
	return { ...live, ...changes };
}

function faultsOf(variables: Variables): readonly string[] {
	try {
		parseSettings(variables, root);
	} catch (error) {
		if (error instanceof OperatorError) return error.sentences;
		throw error;
	}
	return [];
}

function parseLive(variables: Variables): Extract<Settings, { mode: 'live' }> {
	const settings = parseSettings(variables, root);
	if (settings.mode !== 'live') throw new Error('practice mode');
	return settings;
}

describe('with no configuration', () => {
	test('it is the practice mode, on loopback, with its data in DATA_DIR/practice', () => {
		expect(parseSettings({}, root)).toEqual({
			mode: 'practice',
			dataDirectory: join(root, 'data', 'practice'),
			origin: 'http://localhost:3000',
			host: '127.0.0.1',
			port: 3000,
			database: { kind: 'embedded', directory: join(root, 'data', 'practice') },
			otherMail: {},
			logLevel: 'info',
			logMailboxes: 'masked',
			limits: { address: 60, mailbox: 30, resolve: 200 },
			databasePool: { size: 10, pooler: 'none' },
			trustedProxies: 0,
			supportUrl: undefined,
			privacyUrl: undefined,
			helperName: undefined,
			helperAdvice: undefined,
			helperLogo: undefined,
			metricsListen: undefined,
			recheckDays: 7,
			notices: undefined,
			clientSecretExpires: undefined,
			webhookPrivateHosts: [],
			auditDays: 730,
			keepAlive: { ratePerSecond: 20, neverUsedDays: 30 },
		});
	});

	test('an empty variable is one that is not set', () => {
		const names = ['ORIGIN', 'HOST', 'PORT', 'DATABASE_URL', 'DATA_DIR', 'TOKEN_KEYS', 'LOG_LEVEL'];
		const microsoft = [
			'CLIENT_ID',
			'CLIENT_SECRET',
			'CLIENT_CERTIFICATE',
			'CLOUD',
			'TENANT',
			'AUTHORITY',
		];
		const all = [...names, ...microsoft.map((name) => `MICROSOFT_${name}`)];
		const blank = Object.fromEntries(all.map((name) => [name, ' ']));
		expect(parseSettings(blank, root)).toEqual(parseSettings({}, root));
	});

	test.each([
		['PORT', '4000', { port: 4000, origin: 'http://localhost:4000' }],
		['DATA_DIR', 'elsewhere', { dataDirectory: join(root, 'elsewhere', 'practice') }],
		['DATA_DIR', '/srv/x', { database: { kind: 'embedded', directory: '/srv/x/practice' } }],
		['HOST', '127.0.0.1', { host: '127.0.0.1' }],
		['HOST', 'localhost', { host: '127.0.0.1' }],
		['HOST', '::1', { host: '::1' }],
		['ORIGIN', 'http://localhost:8080', { origin: 'http://localhost:8080' }],
		['ORIGIN', 'http://127.0.0.1:8080/', { origin: 'http://127.0.0.1:8080' }],
		['ORIGIN', 'https://localhost', { origin: 'https://localhost' }],
		['LOG_LEVEL', 'debug', { logLevel: 'debug' }],
		['HELPER_NAME', 'My Company', { helperName: 'My Company' }],
	])('%s=%s is still the practice mode', (name, value, expected) => {
		expect(parseSettings({ [name]: value }, root)).toMatchObject({ mode: 'practice', ...expected });
	});

	test.each(['0.0.0.0', '192.168.1.5', '::', 'mail.example.com', '127.0.0.1.example.com'])(
		'HOST=%s is refused: the practice mode is on loopback only',
		(host) => {
			expect(faultsOf({ HOST: host })).toEqual([textMatching(/^HOST: practice mode /)]);
		},
	);

	// The practice mode answers to these two names only, so at any other one nobody could reach the page.
	test.each(['http://[::1]:3000', 'http://127.0.0.2:3000'])('ORIGIN=%s is refused', (origin) => {
		expect(faultsOf({ ORIGIN: origin })).toEqual([textMatching(/^ORIGIN /)]);
	});

	test.each(['MAIL_IMAP', 'MAIL_POP', 'MAIL_SMTP'])(
		'a malformed %s is told all the same',
		(name) => {
			expect(faultsOf({ [name]: 'nonsense' })).toEqual([textMatching(`^${name} `)]);
		},
	);
});

describe('one variable of a real helper ends the practice mode, and the rest is asked for', () => {
	const missing = (...names: string[]) =>
		names.map((name) => textMatching(new RegExp(`^${name} (or \\S+ )?is missing: .+\\.$`)));
	const origin = 'ORIGIN';
	const id = 'MICROSOFT_CLIENT_ID';
	const credential = 'MICROSOFT_CLIENT_CERTIFICATE';
	const keys = 'TOKEN_KEYS';

	test.each([
		[{ MICROSOFT_CLIENT_ID: live.MICROSOFT_CLIENT_ID }, [origin, keys, credential]],
		[{ MICROSOFT_CLIENT_SECRET: 'very~secret' }, [origin, keys, id]],
		[{ MICROSOFT_CLOUD: 'global' }, [origin, keys, id, credential]],
		[{ MICROSOFT_TENANT: 'common' }, [origin, keys, id, credential]],
		[{ MICROSOFT_AUTHORITY: 'https://login.example.com' }, [origin, keys, id, credential]],
		[{ MICROSOFT_SOMETHING_NEW: 'x' }, [origin, keys, id, credential]],
		[{ DATABASE_URL: 'postgres://localhost/mailkey' }, [origin, keys, id, credential]],
		[{ TOKEN_KEYS: live.TOKEN_KEYS }, [origin, id, credential]],
		[{ ORIGIN: 'https://mail.example.com' }, [keys, id, credential]],
		[liveWith({ ORIGIN: undefined }), [origin]],
		[liveWith({ TOKEN_KEYS: undefined }), [keys]],
		[liveWith({ MICROSOFT_CLIENT_ID: undefined }), [id]],
		[liveWith({ MICROSOFT_CLIENT_SECRET: undefined }), [credential]],
	])('%j', (variables, names) => {
		const faults = faultsOf(variables);
		expect(faults).toHaveLength(names.length);
		expect(faults).toEqual(expect.arrayContaining(missing(...names)));
	});

	test('also when ORIGIN is loopback', () => {
		expect(faultsOf({ ORIGIN: 'http://localhost:3000', MICROSOFT_CLIENT_ID: 'x' })).toHaveLength(2);
	});
});

describe('a real helper', () => {
	test('has these defaults', () => {
		expect(parseSettings(live, root)).toEqual({
			mode: 'live',
			origin: 'https://mail.example.com',
			host: '0.0.0.0',
			port: 3000,
			database: { kind: 'embedded', directory: join(root, 'data') },
			mail: CLOUDS.global.mail,
			logLevel: 'info',
			logMailboxes: 'masked',
			limits: { address: 60, mailbox: 30, resolve: 200 },
			databasePool: { size: 10, pooler: 'none' },
			trustedProxies: 0,
			supportUrl: undefined,
			privacyUrl: undefined,
			helperName: undefined,
			helperAdvice: undefined,
			helperLogo: undefined,
			metricsListen: undefined,
			recheckDays: 7,
			notices: undefined,
			clientSecretExpires: undefined,
			webhookPrivateHosts: [],
			auditDays: 730,
			keepAlive: { ratePerSecond: 20, neverUsedDays: 30 },
			tokenKeys: {
				sealing: { id: 'k1', key: Buffer.from(key, 'base64') },
				opening: new Map([['k1', Buffer.from(key, 'base64')]]),
			},
			microsoft: {
				clientId: live.MICROSOFT_CLIENT_ID,
				credential: { kind: 'secret', secret: 'very~secret' },
				authority: { base: 'https://login.microsoftonline.com', tenant: 'organizations' },
				cloud: 'global',
			},
		});
	});

	test.each<[Variables, object]>([
		[{ ORIGIN: 'https://Mail.Example.com:443/' }, { origin: 'https://mail.example.com' }],
		[{ ORIGIN: 'https://mail.example.com:8443' }, { origin: 'https://mail.example.com:8443' }],
		[{ ORIGIN: 'http://localhost:3000' }, { origin: 'http://localhost:3000' }],
		[{ ORIGIN: 'http://[::1]:3000' }, { origin: 'http://[::1]:3000' }],
		[
			{ HOST: '::', PORT: '65535' },
			{ host: '::', port: 65_535 },
		],
		[{ PORT: '1' }, { port: 1 }],
		[{ PORT: ' 8080 ' }, { port: 8080 }],
		[
			{ DATABASE_URL: 'postgres://u:p@db:5432/mailkey?sslmode=require' },
			{ database: { kind: 'url', url: 'postgres://u:p@db:5432/mailkey?sslmode=require' } },
		],
		[
			{ DATABASE_URL: 'postgresql://db/mailkey' },
			{ database: { kind: 'url', url: 'postgresql://db/mailkey' } },
		],
		[
			{
				DATABASE_URL: 'postgres://u@a:5432,b:5433/mailkey?target_session_attrs=read-write',
				DATABASE_DIRECT_URL: 'postgres://u@c/mailkey',
				DATABASE_POOLER: 'transaction',
				DATABASE_POOL: '25',
			},
			{
				database: {
					kind: 'url',
					url: 'postgres://u@a:5432,b:5433/mailkey?target_session_attrs=read-write',
					directUrl: 'postgres://u@c/mailkey',
				},
				databasePool: { size: 25, pooler: 'transaction' },
			},
		],
		[{ LOG_LEVEL: 'warn' }, { logLevel: 'warn' }],
		[{ PRIVACY_URL: 'https://x.example/p' }, { privacyUrl: 'https://x.example/p' }],
		[{ SUPPORT_URL: 'https://help.example.com/x' }, { supportUrl: 'https://help.example.com/x' }],
		[{ SUPPORT_URL: 'mailto:help@example.com' }, { supportUrl: 'mailto:help@example.com' }],
		[
			{ SUPPORT_URL: 'Mailto:help@example.com?subject=Mail' },
			{ supportUrl: 'mailto:help@example.com?subject=Mail' },
		],
		[{ SUPPORT_URL: 'help@mycompany.com' }, { supportUrl: 'mailto:help@mycompany.com' }],
		[{ SUPPORT_URL: ' Help@MyCompany.com ' }, { supportUrl: 'mailto:help@mycompany.com' }],
		[{ SUPPORT_URL: 'a?cc=b&c@x.example' }, { supportUrl: 'mailto:a%3Fcc%3Db%26c@x.example' }],
		[{ HELPER_NAME: ' My Company ' }, { helperName: 'My Company' }],
		[{ HELPER_ADVICE: ' Ask <b>us</b> ' }, { helperAdvice: 'Ask <b>us</b>' }],
		[{ HELPER_ADVICE: '🙂'.repeat(300) }, { helperAdvice: '🙂'.repeat(300) }],
		[{ MICROSOFT_TENANT: 'common' }, { microsoft: { authority: { tenant: 'common' } } }],
		[{ MICROSOFT_TENANT: tenant }, { microsoft: { authority: { tenant } } }],
		[
			{ MICROSOFT_CLOUD: 'china' },
			{
				mail: CLOUDS.china.mail,
				microsoft: {
					cloud: 'china',
					authority: { base: 'https://login.partner.microsoftonline.cn' },
				},
			},
		],
		[
			{ MICROSOFT_AUTHORITY: 'https://login.example.com/base/' },
			{ microsoft: { authority: { base: 'https://login.example.com/base' } } },
		],
		[
			{ MICROSOFT_AUTHORITY: 'http://127.0.0.1:4000' },
			{ microsoft: { authority: { base: 'http://127.0.0.1:4000' } } },
		],
		[
			{ MICROSOFT_CLOUD: 'us-gov', MICROSOFT_AUTHORITY: 'https://login.example.com' },
			{ microsoft: { cloud: 'us-gov', authority: { base: 'https://login.example.com' } } },
		],
	])('takes %j', (changes, expected) => {
		expect(parseSettings(liveWith(changes), root)).toMatchObject(expected);
	});

	test.each<[Variables, object]>([
		[
			{ MAIL_IMAP: 'imaps://imap.example.com:1993' },
			{ imap: { security: 'tls', host: 'imap.example.com', port: 1993 } },
		],
		[
			{ MAIL_IMAP: 'imaps://imap.example.com' },
			{ imap: { security: 'tls', host: 'imap.example.com', port: 993 } },
		],
		[
			{ MAIL_POP: 'pop3s://pop.example.com' },
			{ pop: { security: 'tls', host: 'pop.example.com', port: 995 } },
		],
		[
			{ MAIL_SMTP: 'smtp://smtp.example.com' },
			{ smtp: { security: 'starttls', host: 'smtp.example.com', port: 587 } },
		],
		[
			{ MAIL_SMTP: 'smtps://smtp.example.com' },
			{ smtp: { security: 'tls', host: 'smtp.example.com', port: 465 } },
		],
		[
			{ MAIL_SMTP: 'smtps://smtp.example.com:587' },
			{ smtp: { security: 'tls', host: 'smtp.example.com', port: 587 } },
		],
	])('takes %j, and the cloud’s own for the rest', (changes, expected) => {
		expect(parseLive(liveWith(changes)).mail).toEqual({ ...CLOUDS.global.mail, ...expected });
	});
});

describe('a malformed value is one sentence that names the variable and what is accepted', () => {
	test.each<[string, string[], RegExp]>([
		[
			'ORIGIN',
			[
				'mail.example.com',
				'http://mail.example.com',
				'https://mail.example.com/path',
				'https://mail.example.com/?x',
				'https://mail.example.com/?x=1',
				'https://mail.example.com/#x',
				'https://user:pass@mail.example.com',
				'ftp://mail.example.com',
				'http://localhost.example.com',
				'http://127.0.0.1.example.com',
				'https://',
				'null',
			],
			/an origin without a path, such as https:\/\/mail\.example\.com/,
		],
		['PORT', ['0', '65536', '-1', '3000.5', '3e3', '0x10', 'http', '99999999'], /1 to 65535/],
		[
			'DATABASE_URL',
			['localhost', 'mysql://u:p@db/x', 'http://db', 'postgres:/db', 'postgres://u:p@db:x/y'],
			/postgres:\/\/user:password@host:5432\/mailkey/,
		],
		[
			'METRICS_LISTEN',
			['9464', ':9464', '127.0.0.1', '127.0.0.1:0', 'http://x:1'],
			/127\.0\.0\.1:9464/,
		],
		['LOG_LEVEL', ['trace', 'INFO', 'verbose'], /debug, info, warn, error/],
		[
			'PRIVACY_URL',
			['example.com', 'http://example.com', 'mailto:a@b.example', 'https://u:p@x.example'],
			/https:\/\/mycompany\.com\/privacy/,
		],
		[
			'SUPPORT_URL',
			[
				...['help.example.com', 'https://', 'tel:1', 'http://help.example.com', 'mailto:'],
				...['javascript:alert(1)', 'JavaScript:alert(1)//@x.example', 'data:text/html,x'],
				...['https://user:pass@help.example.com', 'help@localhost', 'a@b@c.example', '@x.example'],
			],
			/https.*mailto.*help@mycompany/,
		],
		[
			'HELPER_ADVICE',
			['x'.repeat(301), 'two\nlines', 'a\u0000b', 'a\u001bb', 'a\u0085b', 'a\u2028b'],
			/one line of text, at most 300 characters, without control characters/,
		],
		['MICROSOFT_CLOUD', ['Global', 'germany', 'us'], /global, us-gov, us-dod, china/],
		[
			'MICROSOFT_TENANT',
			[
				'consumers',
				'mycompany.com',
				'organizations/x',
				'../x',
				tenant.slice(1),
				tenant.toUpperCase(),
			],
			/organizations, common, or a tenant id/,
		],
		[
			'MICROSOFT_AUTHORITY',
			[
				'login.example.com',
				'http://login.example.com',
				'https://login.example.com?x=1',
				'https://u:p@login.example.com',
			],
			/https, or http on localhost and loopback/,
		],
		[
			'MAIL_IMAP',
			['imap.example.com', 'imap://imap.example.com', 'imaps://', 'imaps://h:99999', 'imaps://h:0'],
			/imaps:\/\/host:993/,
		],
		['MAIL_POP', ['pop3://pop.example.com', 'imaps://pop.example.com'], /pop3s:\/\/host:995/],
		[
			'MAIL_SMTP',
			['smtp.example.com:587', 'https://smtp.example.com', 'imaps://x'],
			/smtp:\/\/host:587 or smtps:\/\/host:465/,
		],
		['TOKEN_KEYS', ['x', `k1:${key}:x`], /id:base64 pairs/],
		['TOKEN_KEYS', [`k 1:${key}`], /key id/],
		['TOKEN_KEYS', [`k1:${key},k1:${key}`], /same key id twice/],
		['TOKEN_KEYS', [`k1:${key},k2:${key}`], /same key under two ids/],
		['TOKEN_KEYS', ['k1:abc', `k1:${key}AAAA`], /not 32 bytes/],
		['TOKEN_KEYS', [`k1:${Buffer.alloc(32).toString('base64')}`], /not random/],
		['MICROSOFT_CLIENT_CERTIFICATE', ['missing.pem', '.'], /PEM file with an RSA private key/],
	])('%s %j', (name, values, accepted) => {
		for (const value of values) {
			const faults = faultsOf(liveWith({ [name]: value }));
			expect(faults, value).toHaveLength(1);
			expect(faults[0]).toMatch(accepted);
			expect(faults[0]).toMatch(new RegExp(`^${name} .+\\.$`, 's'));
		}
	});

	test('all faults are told at once, one sentence each', () => {
		const faults = faultsOf({ ...live, PORT: 'x', ORIGIN: 'x', TOKEN_KEYS: 'x', LOG_LEVEL: 'x' });
		expect(faults.map((sentence) => sentence.split(' ')[0]).sort()).toEqual([
			'LOG_LEVEL',
			'ORIGIN',
			'PORT',
			'TOKEN_KEYS',
		]);
	});
});

describe('a secret is never repeated in a fault', () => {
	const pem = makePracticeCertificate(new Date());
	test.each<[string, Variables]>([
		['the password in DATABASE_URL', { DATABASE_URL: 'mysql://u:hush-hush@db/x' }],
		['a password with an odd sign', { DATABASE_URL: 'postgres://u:hush-hush/#@db:x/y' }],
		['a user in ORIGIN', { ORIGIN: 'https://u:hush-hush@mail.example.com' }],
		[
			'a user in MICROSOFT_AUTHORITY',
			{ MICROSOFT_AUTHORITY: 'https://u:hush-hush@login.example.com' },
		],
		['a user in MAIL_IMAP', { MAIL_IMAP: 'imap://u:hush-hush@imap.example.com' }],
		['a key in TOKEN_KEYS', { TOKEN_KEYS: 'hush-hush' }],
		['a key with a wrong id', { TOKEN_KEYS: 'k 1:hush-hush' }],
		['a client secret beside other faults', { MICROSOFT_CLIENT_SECRET: 'hush-hush', PORT: 'x' }],
		['a secret pasted into the wrong variable', { MICROSOFT_TENANT: 'hush-hush' }],
		['a private key pasted in place of its path', { MICROSOFT_CLIENT_CERTIFICATE: pem.privateKey }],
	])('%s', (_name, changes) => {
		const faults = faultsOf(liveWith(changes)).join('\n');
		expect(faults).not.toBe('');
		expect(faults).not.toMatch(/hush|PRIVATE KEY/);
		expect(faults).not.toContain(pem.privateKey.split('\n')[1]);
	});
});

describe('the certificate file', () => {
	const { privateKey, certificate } = makePracticeCertificate(new Date());
	const other = makePracticeCertificate(new Date());
	const curve = generateKeyPairSync('ec', { namedCurve: 'P-256' });
	const encrypted = generateKeyPairSync('rsa', {
		modulusLength: 2048,
		privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' },
		publicKeyEncoding: { type: 'spki', format: 'pem' },
	});

	function credentialOf(name: string, pem: string) {
		writeFileSync(join(root, name), pem);
		return parseLive(liveWith({ MICROSOFT_CLIENT_CERTIFICATE: name })).microsoft.credential;
	}

	test.each([
		['key first', privateKey + certificate],
		['certificate first', certificate + privateKey],
		['with words around it', `Bag Attributes\n${certificate}\nKey:\n${privateKey}\n`],
	])('%s is taken, and preferred over the secret', (name, pem) => {
		expect(credentialOf(`${name}.pem`, pem)).toEqual({
			kind: 'certificate',
			file: join(root, `${name}.pem`),
		});
	});

	test.each([
		['nothing in it', ''],
		['no PEM', 'hello'],
		['no key', certificate],
		['no certificate', privateKey],
		['the key of another certificate', other.privateKey + certificate],
		[
			'a key that is not RSA',
			`${curve.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()}${certificate}`,
		],
		['a key that wants a password', encrypted.privateKey + certificate],
	])('%s is refused', (name, pem) => {
		expect(() => credentialOf(`${name}.pem`, pem)).toThrow(
			/^MICROSOFT_CLIENT_CERTIFICATE must be the path of a PEM file with an RSA private key and its certificate/,
		);
	});
});

describe('a secret in a file of its own', () => {
	const inFile = (content: string, name = 'secret') => {
		const file = join(root, name);
		writeFileSync(file, content);
		return file;
	};

	test('counts as if the variable held it, without line ends at its end', () => {
		const settings = parseLive({
			...live,
			MICROSOFT_CLIENT_SECRET: undefined,
			MICROSOFT_CLIENT_SECRET_FILE: inFile(' very~secret \r\n\n', 'client-secret'),
			TOKEN_KEYS: undefined,
			TOKEN_KEYS_FILE: inFile(`k1:${key}\n`, 'keys'),
			DATABASE_URL_FILE: inFile('postgres://mailkey@db/mailkey', 'url'),
		});
		expect(settings.microsoft.credential).toEqual({ kind: 'secret', secret: 'very~secret' });
		expect(settings.tokenKeys.sealing.id).toBe('k1');
		expect(settings.database).toEqual({ kind: 'url', url: 'postgres://mailkey@db/mailkey' });
	});

	test('ends practice mode by itself', () => {
		const sentences = faultsOf({ TOKEN_KEYS_FILE: inFile(`k1:${key}`) });
		expect(sentences).toContainEqual(textMatching(/^ORIGIN is missing/));
	});

	test("may be named relative to the operator's folder", () => {
		inFile(`k2:${key}`, 'relative');
		expect(withSecretFiles({ TOKEN_KEYS_FILE: 'relative' }, root)['TOKEN_KEYS']).toBe(`k2:${key}`);
	});

	test.each([
		'DATABASE_URL',
		'DATABASE_DIRECT_URL',
		'MICROSOFT_CLIENT_SECRET',
		'TOKEN_KEYS',
		'MAILKEY_SITE_KEY',
	])('%s and its file at once stop the start with one sentence', (name) => {
		const both = { ...live, [name]: 'value', [`${name}_FILE`]: inFile('value') };
		expect(faultsOf(both)).toEqual([`${name} and ${name}_FILE are both set: keep one of them.`]);
	});

	test.each([
		['missing', 'nowhere', 'ENOENT'],
		['empty', inFile(' \n', 'empty'), 'it is empty'],
		['a folder', root, 'EISDIR'],
		['the secret itself', `-----BEGIN ${'x'.repeat(20)}`, 'this is no path: ENOENT'],
	])('that is %s is told by its reason, without what it may hold', (_, path, reason) => {
		const sentences = faultsOf({ ...live, TOKEN_KEYS: undefined, TOKEN_KEYS_FILE: path });
		expect(sentences).toEqual([
			textMatching(/^TOKEN_KEYS_FILE must be the path of a file with what TOKEN_KEYS would hold/),
		]);
		expect(sentences[0]).toContain(reason);
		expect(sentences[0]).not.toContain('BEGIN');
	});
});
