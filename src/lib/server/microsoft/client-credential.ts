// How the helper proves to Microsoft that it is the registered application: by certificate, or by
// client secret. Microsoft's form of the assertion: PS256, `x5t#S256` in the header, the tenant's token
// endpoint as audience (learn.microsoft.com, "certificate-credentials").

import { createHash, createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { importPKCS8 } from 'jose';
import * as oauth from 'oauth4webapi';

export type ClientCredential =
	| { kind: 'secret'; secret: string }
	/** A PEM file with the private key and its certificate. Read at each use, so that it can be renewed. */
	| { kind: 'certificate'; file: string };

/** It is used at once; a new one is made for each request. */
const ASSERTION_LIFE_SECONDS = 60;

export async function clientAuthentication(
	credential: ClientCredential,
	tokenEndpoint: string,
	now: Date,
): Promise<oauth.ClientAuth> {
	if (credential.kind === 'secret') return oauth.ClientSecretPost(credential.secret);
	const { thumbprint, pkcs8 } = parseCertificate(await readFile(credential.file, 'utf8'));
	const key = await importPKCS8(pkcs8, 'PS256');
	return oauth.PrivateKeyJwt(key, {
		[oauth.modifyAssertion](header, payload) {
			header['typ'] = 'JWT';
			header['x5t#S256'] = thumbprint;
			payload['aud'] = tokenEndpoint;
			// By the clock that all instances share: one whose own is wrong is accepted all the same.
			const issuedAt = Math.floor(now.getTime() / 1000);
			payload['iat'] = payload['nbf'] = issuedAt;
			payload['exp'] = issuedAt + ASSERTION_LIFE_SECONDS;
		},
	});
}

/** Throws when the PEM text lacks a private key or a certificate, or when the two are not a pair. */
export function parseCertificate(pem: string): { thumbprint: string; pkcs8: string } {
	const certificate = new X509Certificate(pem);
	const key = createPrivateKey(pem);
	if (key.asymmetricKeyType !== 'rsa') throw new Error('the private key is not an RSA key');
	if (!certificate.checkPrivateKey(key)) {
		throw new Error('the private key does not belong to the certificate');
	}
	return {
		thumbprint: createHash('sha256').update(certificate.raw).digest('base64url'),
		pkcs8: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
	};
}

export type CredentialEnd = { kind: 'certificate' | 'secret'; at: Date };

/** Of the file as it is now; undefined where nobody knows. */
export async function certificateEnd(file: string): Promise<CredentialEnd | undefined> {
	const { validTo } = new X509Certificate(await readFile(file, 'utf8'));
	const at = new Date(validTo);
	return Number.isNaN(at.getTime()) ? undefined : { kind: 'certificate', at };
}
