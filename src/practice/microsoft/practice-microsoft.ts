// The practice Microsoft: a small, real OpenID provider that speaks Entra's v2.0 paths on loopback. It serves the
// practice mode, the flow tests and the browser tests alike, asserts on all that it receives, and answers with
// each fault that it is told to.

import type { OpenPages } from './authorize-endpoint.ts';
import { introspect, type Introspection } from './introspection.ts';
import type { PracticeAccount } from './account.ts';
import { createPracticeDirectory, readyAccounts } from './accounts.ts';
import type { IssuedSecret, PracticeClient, PracticeContext, RecordedRequest } from './context.ts';
import type { PracticeMailbox } from '../mail/accounts.ts';
import { loadPracticeKeys } from './keys.ts';
import { hasOutage } from './outages.ts';
import { answerRequest } from './routes.ts';
import { listenOnLoopback } from '../loopback-server.ts';
import type { TokenFault } from './token-fault.ts';

export type PracticeMicrosoftOptions = {
	// Where the keys are kept over a restart; undefined: in memory only.
	directory: string | undefined;
	// 0: any free one.
	port: number;
	client: PracticeClient;
	accounts?: readonly PracticeAccount[];
	now?: () => Date;
};

export type PracticeMicrosoft = {
	authority: string;
	// All that must not turn up anywhere else: codes and tokens that were given out, verifiers that came in.
	issued(): readonly IssuedSecret[];
	issuedSecrets(): readonly string[];
	requests: readonly RecordedRequest[];
	// The next request to the token endpoint meets this fault; several calls queue up.
	nextTokenAnswer(fault: TokenFault): void;
	// What a mail server wants to know of an access token.
	introspect(accessToken: string): Promise<Introspection>;
	// Undefined for an address of no known domain.
	findMailbox(address: string): PracticeMailbox | undefined;
	// What an administrator does with "Revoke sessions": no token that was issued until now works any more.
	revokeSessions(username: string): void;
	// Ends open connections at once.
	stop(): Promise<void>;
};

// In a practice mode that runs for months the record must not fill the memory; no test comes near.
const longestRecord = 20_000;

// Throws OperatorError if the port is in use or the keys cannot be read.
export async function startPracticeMicrosoft(
	options: PracticeMicrosoftOptions,
): Promise<PracticeMicrosoft> {
	const issued: IssuedSecret[] = [];
	const requests: RecordedRequest[] = [];
	const faults: TokenFault[] = [];
	const pages: OpenPages = new Map();
	const keys = await loadPracticeKeys(options.directory);
	const server = await listenOnLoopback(options.port, (incoming) =>
		answerRequest(incoming, {
			context,
			pages,
			takeFault: () => faults.shift(),
			record: (request) => keep(requests, request),
		}),
	);
	const context: PracticeContext = {
		authority: server.origin,
		client: options.client,
		directory: createPracticeDirectory(options.accounts ?? readyAccounts),
		keys,
		revokedAt: new Map(),
		hasOutage: (username) => hasOutage(options.directory, username),
		approvedTenants: new Set(),
		now: options.now ?? (() => new Date()),
		noteSecret: (secret) => keep(issued, secret),
	};
	return {
		authority: server.origin,
		issued: () => issued,
		issuedSecrets: () => issued.map(({ value }) => value),
		requests,
		nextTokenAnswer: (fault) => void faults.push(fault),
		introspect: (accessToken) => introspect(accessToken, context),
		findMailbox(address) {
			const account = context.directory.findAccount(address);
			return account && (account.mailbox ?? { kind: 'usual' });
		},
		revokeSessions: (username) => void context.revokedAt.set(username, context.now()),
		stop: server.stop,
	};
}

function keep<T>(list: T[], item: T): void {
	list.push(item);
	if (list.length > longestRecord) list.shift();
}
