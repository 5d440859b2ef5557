// A certificate of one's own: RSA, self-signed, written in DER by hand, because Node.js reads X.509 certificates but
// makes none, and `openssl` is not on every machine. For the practice mail servers, and for clients in tests.
// RFC 5280 section 4.1.

import { createSign, generateKeyPairSync } from 'node:crypto';
import { isIPv4 } from 'node:net';

export type PracticeCertificate = { privateKey: string; certificate: string };

// Both as PEM. Good for ten years from `now`. `hosts` are names and IPv4 addresses of a server.
export function makePracticeCertificate(
	now: Date,
	hosts: readonly string[] = [],
): PracticeCertificate {
	const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
	const signatureAlgorithm = sequence(objectId(sha256WithRsa), der(0x05));
	const name = sequence(der(0x31, sequence(objectId(commonName), der(0x0c, utf8('practice')))));
	const end = new Date(now);
	end.setUTCFullYear(end.getUTCFullYear() + 10);
	const content = sequence(
		// Version 3, as earlier ones have no extensions.
		der(0xa0, der(0x02, Buffer.from([2]))),
		der(0x02, Buffer.from([1])),
		signatureAlgorithm,
		name,
		sequence(time(now), time(end)),
		name,
		publicKey.export({ type: 'spki', format: 'der' }),
		...(hosts.length > 0 ? [alternativeNames(hosts)] : []),
	);
	const signature = createSign('sha256').update(content).sign(privateKey);
	const certificate = sequence(content, signatureAlgorithm, der(0x03, Buffer.from([0]), signature));
	return {
		privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
		certificate: pem(certificate),
	};
}

// 1.2.840.113549.1.1.11, 2.5.4.3 and 2.5.29.17, encoded.
const sha256WithRsa = '2a864886f70d01010b';
const commonName = '550403';
const subjectAltName = '551d11';

// Clients look for the server's name here alone. RFC 5280 section 4.2.1.6.
function alternativeNames(hosts: readonly string[]): Buffer {
	const names = hosts.map((host) =>
		isIPv4(host) ? der(0x87, Buffer.from(host.split('.').map(Number))) : der(0x82, utf8(host)),
	);
	const extension = sequence(objectId(subjectAltName), der(0x04, sequence(...names)));
	return der(0xa3, sequence(extension));
}

function sequence(...parts: readonly Buffer[]): Buffer {
	return der(0x30, ...parts);
}

function objectId(hex: string): Buffer {
	return der(0x06, Buffer.from(hex, 'hex'));
}

// GeneralizedTime, `YYYYMMDDHHMMSSZ`.
function time(at: Date): Buffer {
	return der(0x18, utf8(at.toISOString().replace(/[-:T]|\.\d+/g, '')));
}

function utf8(text: string): Buffer {
	return Buffer.from(text);
}

// Tag, length, content; the length in one byte up to 127, else in two after a mark: enough for 65535 bytes.
function der(tag: number, ...parts: readonly Buffer[]): Buffer {
	const content = Buffer.concat(parts);
	const { length } = content;
	const head = length < 128 ? [tag, length] : [tag, 0x82, length >> 8, length & 0xff];
	return Buffer.concat([Buffer.from(head), content]);
}

function pem(certificate: Buffer): string {
	const lines = certificate.toString('base64').match(/.{1,64}/g) ?? [];
	return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}
