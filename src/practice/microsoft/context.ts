// What every part of one running practice Microsoft works with, and the shapes in which requests come in and answers
// go out. The parts answer with values; only the server in practice-microsoft.ts touches sockets.

import type { PracticeDirectory } from './accounts.ts';
import type { PracticeKeys } from './keys.ts';

export type PracticeClient = {
	id: string;
	// What the sign-in page calls the application; Mailkey if nothing is said.
	name?: string;
	secret?: string;
	// PEM of the certificate that verifies client assertions.
	certificate?: string;
	redirectUri: string;
};

type SecretKind =
	'authorization_code' | 'code_verifier' | 'access_token' | 'refresh_token' | 'id_token';

export type IssuedSecret = { kind: SecretKind; value: string };

export type PracticeContext = {
	// `http://127.0.0.1:PORT`, no slash at the end.
	authority: string;
	client: PracticeClient;
	directory: PracticeDirectory;
	keys: PracticeKeys;
	// By user name: what was issued until then is good for nothing at the mail servers.
	revokedAt: Map<string, Date>;
	// Whether this account's tokens are refreshed for nobody now.
	hasOutage(username: string): Promise<boolean>;
	// Tenants for which an administrator has approved. Forgotten at a restart, so that it can be played again.
	approvedTenants: Set<string>;
	now(): Date;
	noteSecret(secret: IssuedSecret): void;
};

export type PracticeRequest = {
	// As it is in the path: `organizations`, `common`, a tenant id or a mail domain; known to the directory.
	tenant: string;
	// The same for a tenant id and its domains; undefined for `organizations` and `common`.
	tenantId: string | undefined;
	query: URLSearchParams;
	form: URLSearchParams;
	header(name: string): string | undefined;
};

export type Answer = {
	status: number;
	headers: Record<string, string>;
	body: string;
	// For the record: `issued`, `shown`, or the AADSTS number of the refusal.
	outcome: string;
};

export type RecordedRequest = {
	kind:
		| 'authorize'
		| 'decision'
		| 'approval'
		| 'approval_decision'
		| 'sign_out'
		| 'code'
		| 'refresh'
		| 'token'
		| 'introspect'
		| 'discovery'
		| 'keys';
	at: Date;
	tenant: string;
	// Names and values as they came, secrets included.
	parameters: Readonly<Record<string, string>>;
	// `shown`, `issued`, `AADSTS<number>`, or the kind of fault that was asked for.
	outcome: string;
};

export function applicationName({ name }: PracticeClient): string {
	return name ?? 'Mailkey';
}

export function jsonAnswer(status: number, body: unknown, outcome: string): Answer {
	return {
		status,
		headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' },
		body: JSON.stringify(body),
		outcome,
	};
}
