// msal-browser, and nothing of it anywhere else. It drives the redirect: state, PKCE, nonce, interrupted
// redirects. Its token request goes to our own server, which redeems the code as confidential client and
// answers with the ID token alone, so no token that reads mail ever comes here.

import {
	AuthError,
	BrowserAuthError,
	InteractionRequiredAuthError,
	PublicClientApplication,
	ServerError,
	type INetworkModule,
	type NetworkRequestOptions,
	type NetworkResponse,
	type RedirectRequest,
} from '@azure/msal-browser';
import type { MicrosoftClient } from '../domain/microsoft-client.ts';
import type { StartedSignIn, StartedVisit } from '../domain/sign-in.ts';
import { oneCodeAtATime } from './code-lock.ts';
import { delayAbort } from './delay-abort.ts';
import { findObstacle, type Obstacle } from './obstacle.ts';
import { VISIT_MARK } from './return-fragment.ts';

export type ReturnOutcome =
	/** The code was posted; what came of it, the sign-in's status says. */
	| { kind: 'posted' }
	/** Microsoft sent an error in place of a code. */
	| { kind: 'refused'; error: string; description: string }
	/** This tab did not begin the sign-in, or its part of it is gone. */
	| { kind: 'not_begun_here' }
	/** Our own server answered no post of the code. */
	| { kind: 'not_handed_on' };

/**
 * Whom Microsoft is to ask for. `mailbox` is the first try; the other two are for when somebody else was signed
 * in. Never `prompt=consent`: it stops people who may not consent though their administrator has approved.
 */
export type SignInAs = 'mailbox' | 'mailbox_again' | 'another_account';

/** A hint and `select_account` exclude each other at Microsoft. */
const REQUESTS: Record<SignInAs, (email: string) => { loginHint?: string; prompt?: string }> = {
	mailbox: (email) => ({ loginHint: email }),
	mailbox_again: (email) => ({ loginHint: email, prompt: 'login' }),
	another_account: () => ({ prompt: 'select_account' }),
};

/** Leaves for Microsoft in this tab; resolves only if the browser does not go, or is not sent as it would return in vain. */
export async function startRedirect(
	client: MicrosoftClient,
	signIn: StartedSignIn,
	as: SignInAs,
): Promise<Obstacle | undefined> {
	return leave(client, {
		scopes: [...signIn.scopes],
		state: signIn.sign_in,
		nonce: signIn.nonce,
		...REQUESTS[as](signIn.email),
	});
}

/** The same for somebody who only says who they are. */
export async function startVisit(
	client: MicrosoftClient,
	visit: StartedVisit,
): Promise<Obstacle | undefined> {
	const { visit: id, nonce } = visit;
	return leave(client, {
		scopes: [...client.visitScopes],
		state: VISIT_MARK + id,
		nonce,
		// People with several accounts see which one it is about.
		prompt: 'select_account',
	});
}

async function leave(
	client: MicrosoftClient,
	request: RedirectRequest,
): Promise<Obstacle | undefined> {
	const obstacle = findObstacle();
	if (obstacle !== undefined) return obstacle;
	const application = await createApplication(client, { scopes: request.scopes });
	// Someone who pressed Back at Microsoft left an interaction behind that would block this one.
	await application.handleRedirectPromise({ hash: '', navigateToLoginRequestUrl: false });
	await application.loginRedirect(request);
	return undefined;
}

/** Checks the answer in the fragment and posts the code to `codePath`. Leaves nothing in the browser's storage. */
export async function finishRedirect(
	client: MicrosoftClient,
	codePath: string,
	fragment: string,
	signal: AbortSignal,
): Promise<ReturnOutcome> {
	const application = await createApplication(client, { codePath, signal });
	try {
		const result = await application.handleRedirectPromise({
			hash: fragment,
			navigateToLoginRequestUrl: false,
		});
		return result === null ? { kind: 'not_begun_here' } : { kind: 'posted' };
	} catch (error) {
		return outcomeOf(error, fragment);
	} finally {
		await forget(application);
	}
}

/** Refusals in the fragment and refusals of our own endpoint are both `ServerError`s. */
function outcomeOf(error: unknown, fragment: string): ReturnOutcome {
	const isRefusal = new URLSearchParams(fragment.replace(/^#/, '')).has('error');
	if (
		isRefusal &&
		(error instanceof ServerError || error instanceof InteractionRequiredAuthError)
	) {
		return { kind: 'refused', error: error.errorCode, description: error.errorMessage };
	}
	if (error instanceof BrowserAuthError) return { kind: 'not_begun_here' };
	if (error instanceof AuthError && error.errorCode === 'network_error') {
		return { kind: 'not_handed_on' };
	}
	return { kind: 'posted' };
}

type ApplicationOptions = {
	codePath?: string;
	scopes?: readonly string[];
	/** Ends the wait for a server that does not take the code. */
	signal?: AbortSignal;
};

async function createApplication(
	client: MicrosoftClient,
	{ codePath = '', scopes = [], signal }: ApplicationOptions,
): Promise<PublicClientApplication> {
	const application = new PublicClientApplication({
		auth: {
			clientId: client.clientId,
			// msal-browser takes an https authority only. For a test provider on this machine this is a mere
			// name: where the browser goes is in the metadata below.
			authority: client.authority.replace(/^http:/, 'https:'),
			redirectUri: client.redirectUri,
			// Else msal-browser adds `offline_access` to what somebody is asked who only says who they are.
			OIDCOptions: { defaultScopes: scopes.filter((scope) => !scope.includes('/')) },
			// With these two, msal-browser asks nobody for metadata.
			knownAuthorities: [new URL(client.authority).host],
			authorityMetadata: JSON.stringify({
				authorization_endpoint: client.authorizationEndpoint,
				token_endpoint: client.tokenEndpoint,
				end_session_endpoint: client.logoutEndpoint,
				issuer: `${client.authority}/v2.0`,
				jwks_uri: '',
			}),
		},
		cache: { cacheLocation: 'sessionStorage' },
		system: { networkClient: ownServer(codePath, document.title, signal) },
	});
	await application.initialize();
	return application;
}

/** msal-browser's way to the network: the token request, to our server, and nothing else. */
function ownServer(codePath: string, title: string, signal?: AbortSignal): INetworkModule {
	return {
		sendGetRequestAsync: () => Promise.reject(new Error('no metadata is fetched in the browser')),
		async sendPostRequestAsync<T>(_url: string, options?: NetworkRequestOptions) {
			// msal-browser has put a title of its own there, which says nothing of the sign-in.
			document.title = title;
			const response = await oneCodeAtATime(
				() => postCode(codePath, options?.body ?? '', signal),
				signal && { signal },
			);
			const body: unknown = await response.json();
			return parseResponse<T>(response.status, body);
		},
	};
}

function parseResponse<T>(status: number, body: unknown): NetworkResponse<T> {
	return { headers: {}, body: body as T, status };
}

async function postCode(
	codePath: string,
	body: string,
	signal: AbortSignal | undefined,
): Promise<Response> {
	signal?.throwIfAborted();
	const delayed = signal && delayAbort(signal);
	const request = new URLSearchParams(body);
	const post = () =>
		fetch(codePath, {
			method: 'POST',
			...(delayed && { signal: delayed }),
			body: new URLSearchParams({
				code: request.get('code') ?? '',
				code_verifier: request.get('code_verifier') ?? '',
			}),
		});
	const giveUpAt = performance.now() + TRY_FOR_MS;
	for (let waitMs = 500; ; waitMs = Math.min(waitMs * 2, 5_000)) {
		const response = await post().catch(() => undefined);
		if (response !== undefined && !PASSES.includes(response.status)) return response;
		if (signal?.aborted || performance.now() >= giveUpAt)
			throw new Error('no server took the code');
		await new Promise((resolve) => {
			setTimeout(resolve, waitMs);
			signal?.addEventListener('abort', resolve, { once: true });
		});
	}
}

/**
 * A server that is being started again, or whose database changes its place; the code is redeemed once however often it
 * is posted. Microsoft's codes live for ten minutes.
 */
const TRY_FOR_MS = 8 * 60_000;

/** The first and the last are what a proxy says meanwhile. */
const PASSES = [502, 503, 504];

/** Nothing of a finished sign-in is to stay. */
async function forget(application: PublicClientApplication): Promise<void> {
	await application.clearCache();
	forgetRedirect();
}

/** `clearCache` leaves some of it. The same stands in `routes/early-script.js`, which can import nothing. */
function forgetRedirect(): void {
	for (const storage of [sessionStorage, localStorage]) {
		for (const key of Object.keys(storage)) if (key.startsWith('msal.')) storage.removeItem(key);
	}
}
