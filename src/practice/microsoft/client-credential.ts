// Who asks for tokens: the confidential client, by its secret or by an assertion that its certificate signed.
// https://learn.microsoft.com/entra/identity-platform/certificate-credentials

import { createHash, timingSafeEqual, X509Certificate } from 'node:crypto';
import { decodeProtectedHeader, errors, jwtVerify, type JWTPayload } from 'jose';
import { EntraRefusal, malformedRequest, missingParameter } from './entra-refusal.ts';
import type { PracticeClient, PracticeContext, PracticeRequest } from './context.ts';

const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

// Microsoft advises 5 to 10 minutes; one that lives longer is a fault of the client.
const assertionLifeSeconds = 600;

// Two clocks are never the same: five minutes either way, as is usual for Microsoft.
const clockToleranceSeconds = 300;

// Throws EntraRefusal with `invalid_client` or `unauthorized_client` unless the registered client asks.
export async function assertClientCredential(
	request: PracticeRequest,
	context: PracticeContext,
): Promise<void> {
	const credential = readCredential(request);
	if (credential.clientId !== context.client.id) {
		throw new EntraRefusal({
			error: 'unauthorized_client',
			aadsts: 700016,
			description: `Application with identifier '${credential.clientId}' was not found in the directory.`,
		});
	}
	if (credential.kind === 'secret') assertSecret(credential.secret, context.client);
	else await assertAssertion(credential.assertion, request, context);
}

type Credential =
	| { kind: 'secret'; clientId: string; secret: string }
	| { kind: 'assertion'; clientId: string; assertion: string };

function readCredential({ form, header }: PracticeRequest): Credential {
	const basic = header('authorization');
	const secret = form.get('client_secret');
	const assertion = form.get('client_assertion');
	const sent = [basic, secret, assertion].filter((value) => value !== null && value !== undefined);
	if (sent.length > 1)
		throw new EntraRefusal(malformedRequest('Only one client credential may be sent.'));

	if (basic !== undefined) return readBasic(basic, form);
	const clientId = form.get('client_id');
	if (!clientId) throw new EntraRefusal(missingParameter('client_id'));
	if (secret) return { kind: 'secret', clientId, secret };
	if (assertion && form.get('client_assertion_type') === assertionType) {
		return { kind: 'assertion', clientId, assertion };
	}
	throw new EntraRefusal({
		error: 'invalid_client',
		aadsts: 7000218,
		status: 401,
		description: `The request body must contain the following parameter: 'client_assertion' or 'client_secret'.`,
	});
}

// RFC 6749 section 2.3.1: both halves are form-encoded before they are joined.
function readBasic(header: string, form: URLSearchParams): Credential {
	const [scheme, encoded] = header.split(' ');
	const decoded = Buffer.from(encoded ?? '', 'base64').toString();
	const colon = decoded.indexOf(':');
	if (scheme?.toLowerCase() !== 'basic' || colon < 0) {
		throw new EntraRefusal(malformedRequest('The Authorization header is not HTTP Basic.'));
	}
	const clientId = formDecode(decoded.slice(0, colon));
	if (form.has('client_id') && form.get('client_id') !== clientId) {
		throw new EntraRefusal(malformedRequest('Two different client ids were sent.'));
	}
	return { kind: 'secret', clientId, secret: formDecode(decoded.slice(colon + 1)) };
}

function formDecode(text: string): string {
	return new URLSearchParams(`value=${text.replaceAll('&', '%26')}`).get('value') ?? '';
}

function assertSecret(secret: string, client: PracticeClient): void {
	if (client.secret !== undefined && timingSafeEqual(hash(secret), hash(client.secret))) return;
	throw new EntraRefusal({
		error: 'invalid_client',
		aadsts: 7000215,
		status: 401,
		description: `Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '${client.id}'.`,
	});
}

async function assertAssertion(
	assertion: string,
	request: PracticeRequest,
	context: PracticeContext,
): Promise<void> {
	const certificate = registeredCertificate(assertion, context.client);
	const { id } = context.client;
	const now = context.now();
	const { payload } = await jwtVerify(assertion, certificate.publicKey, {
		algorithms: ['PS256'],
		typ: 'JWT',
		issuer: id,
		subject: id,
		audience: `${context.authority}/${request.tenant}/oauth2/v2.0/token`,
		requiredClaims: ['jti', 'nbf', 'exp'],
		currentDate: now,
		clockTolerance: clockToleranceSeconds,
	}).catch(refuseAssertion);
	await assertShortAndUnused(payload, context, now);
}

async function assertShortAndUnused(
	{ jti = '', nbf = 0, exp = 0 }: JWTPayload,
	{ keys }: PracticeContext,
	now: Date,
): Promise<void> {
	if (exp - nbf > assertionLifeSeconds) throw outsideOfValidTime(undefined);
	const end = new Date((exp + clockToleranceSeconds) * 1000);
	const unused = await keys.spendOnce(`assertion ${jti}`, end, now);
	if (!unused) throw invalidJwt(`the 'jti' was used before.`, undefined);
}

// The thumbprint in the header says which of an application's certificates signed; PSS padding is asked for by Microsoft.
function registeredCertificate(assertion: string, client: PracticeClient): X509Certificate {
	const certificate = client.certificate ? new X509Certificate(client.certificate) : undefined;
	const header = readHeader(assertion);
	const thumbprint = certificate && hash(certificate.raw).toString('base64url');
	if (!certificate || header.alg !== 'PS256' || header['x5t#S256'] !== thumbprint) {
		throw signatureNotAccepted(
			'The certificate with identifier used to sign the client assertion is not registered on application.',
		);
	}
	return certificate;
}

function readHeader(assertion: string): Record<string, unknown> {
	try {
		return decodeProtectedHeader(assertion);
	} catch (cause) {
		throw invalidJwt('the token format is not proper.', cause);
	}
}

function refuseAssertion(cause: unknown): never {
	if (cause instanceof errors.JWSSignatureVerificationFailed) {
		throw signatureNotAccepted('Client assertion failed signature validation.');
	}
	if (cause instanceof errors.JWTExpired) throw outsideOfValidTime(cause);
	if (cause instanceof errors.JWTClaimValidationFailed) {
		if (cause.claim === 'nbf') throw outsideOfValidTime(cause);
		if (cause.claim === 'iss' || cause.claim === 'sub') throw otherApplication(cause);
		throw invalidJwt(`the claim '${cause.claim}' is not as expected.`, cause);
	}
	if (cause instanceof errors.JOSEError) throw invalidJwt('the token format is not proper.', cause);
	throw cause;
}

function signatureNotAccepted(description: string): EntraRefusal {
	return new EntraRefusal({ error: 'invalid_client', aadsts: 700027, status: 401, description });
}

function otherApplication(cause: unknown): EntraRefusal {
	const description = `Client assertion application identifier doesn't match 'client_id' parameter.`;
	return new EntraRefusal(
		{ error: 'invalid_client', aadsts: 700021, status: 401, description },
		{ cause },
	);
}

function outsideOfValidTime(cause: unknown): EntraRefusal {
	const description = 'Client assertion is not within its valid time range.';
	return new EntraRefusal(
		{ error: 'invalid_client', aadsts: 700024, status: 401, description },
		{ cause },
	);
}

function invalidJwt(reason: string, cause: unknown): EntraRefusal {
	const description = `Invalid JWT token: ${reason}`;
	return new EntraRefusal(
		{ error: 'invalid_client', aadsts: 50027, status: 401, description },
		{ cause },
	);
}

function hash(value: string | Buffer): Buffer {
	return createHash('sha256').update(value).digest();
}
