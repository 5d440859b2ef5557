// What the mail gateway may be told, and the sentence for each thing that it may not.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { parseGatewaySettings, type GatewayOptions } from '../../src/gateway/gateway-settings.ts';
import { OperatorError } from '../../src/lib/domain/operator-error.ts';
import { testCertificate } from '../support/mail-script.ts';

const siteKey = `mksite_${'k'.repeat(43)}`;
const folder = mkdtempSync(join(tmpdir(), 'mailkey-settings-'));
const certificate = join(folder, 'certificate.pem');
const key = join(folder, 'key.pem');
writeFileSync(certificate, testCertificate.certificate);
writeFileSync(key, testCertificate.privateKey);
afterAll(() => rmSync(folder, { recursive: true }));

const usual: GatewayOptions = {
	helper: 'https://helper.example.com',
	siteKeyFile: [],
	imap: '127.0.0.1:1143',
	pop: '127.0.0.1:1110',
	smtp: '127.0.0.1:1587',
	logMailboxes: 'masked',
	resolveRate: '200',
	maxConnections: '10000',
};

test('loopback without a certificate, several keys, and "off" are fine', () => {
	const settings = parseGatewaySettings(
		{ ...usual, pop: 'off', smtp: '[::1]:1587' },
		`${siteKey}\n${siteKey}x\n`,
	);
	expect(settings.siteKeys).toEqual([siteKey, `${siteKey}x`]);
	expect(settings.listeners.map(({ name, isPublic }) => [name, isPublic])).toEqual([
		['imap', false],
		['smtp', false],
	]);
});

test('beyond this machine with a certificate and --public', () => {
	const options = { ...usual, imaps: '0.0.0.0:993', certificate, key, public: true } as const;
	const { listeners, secureContext } = parseGatewaySettings(options, siteKey);
	expect(secureContext).toBeDefined();
	expect(listeners.find(({ name }) => name === 'imaps')).toMatchObject({ isPublic: true });
});

test.each<[string, Partial<GatewayOptions>, string]>([
	['no helper', { helper: undefined as never }, '--helper'],
	['a helper in clear', { helper: 'http://helper.example.com' }, 'https://'],
	['a helper that is none', { helper: 'helper' }, 'no URL'],
	['a key file that is not there', { siteKeyFile: ['/nowhere'] }, 'ENOENT'],
	['an address without a port', { imap: '127.0.0.1' }, '--imap'],
	['a port that is none', { imap: '127.0.0.1:99999' }, '--imap'],
	['everything off', { imap: 'off', pop: 'off', smtp: 'off' }, 'Nothing to listen on'],
	['another address without --public', { imap: '0.0.0.0:143', certificate, key }, '--public'],
	['another address without a certificate', { imap: '10.0.0.1:143', public: true }, '--public'],
	['TLS without a certificate', { imaps: '127.0.0.1:993' }, '--certificate'],
	['a certificate without its key', { certificate }, 'both are needed'],
	['a certificate that is none', { certificate: key, key }, 'no PEM certificate'],
	['a wrong number', { maxConnections: 'many' }, '--max-connections'],
	['a wrong metrics address', { metrics: 'here' }, 'METRICS_LISTEN'],
])('%s is one plain sentence', (_, options, sentence) => {
	const parse = () => parseGatewaySettings({ ...usual, ...options }, siteKey);
	expect(parse).toThrow(OperatorError);
	expect(parse).toThrow(sentence);
});

test('a site key that is none is not repeated', () => {
	const parse = () => parseGatewaySettings(usual, 'hunter2');
	expect(parse).toThrow('MAILKEY_SITE_KEY: this is no site key');
	expect(parse).not.toThrow('hunter2');
	expect(() => parseGatewaySettings(usual, undefined)).toThrow('no site key is given');
});
