// Posts one webhook: https, no redirects, a time limit over all of it, and nothing read of the answer but its status. The
// address that was looked at is the one that is connected to: it is looked at where the connection asks for it, so that no
// second look-up can say otherwise.

import { lookup as lookUpName, type LookupAddress } from 'node:dns';
import { Agent as HttpAgent, request as requestHttp, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { isPublicAddress } from './is-public-address.ts';
import { isAllowedHost, type WebhookBounds } from './webhook-url.ts';

export type WebhookResult = { kind: 'answered'; status: number } | { kind: 'failed'; code: string };

export type WebhookClient = {
	/** Never throws. */
	post(
		url: string,
		headers: Readonly<Record<string, string>>,
		body: string,
	): Promise<WebhookResult>;
	close(): void;
};

export type WebhookClientOptions = WebhookBounds & {
	timeLimitMs?: number;
	/** Tests answer for names as they like. */
	lookUp?: typeof lookUpName;
};

/** What the specification recommends at the least, and long enough for a receiver that does the work first. */
const TIME_LIMIT_MS = 15_000;
/** Connections are used again while a receiver has many events. */
const IDLE_CONNECTION_MS = 5_000;
/** So much of an answer is thrown away in order to keep the connection; of more the connection is ended. */
const MAX_DISCARDED_BYTES = 4_096;

export function createWebhookClient(options: WebhookClientOptions): WebhookClient {
	const { timeLimitMs = TIME_LIMIT_MS } = options;
	const agentOptions = { keepAlive: true, timeout: IDLE_CONNECTION_MS };
	const agents = { http: new HttpAgent(agentOptions), https: new HttpsAgent(agentOptions) };
	const lookup = checkedLookUp(options);
	return {
		post(text, headers, body) {
			const url = new URL(text);
			const address = url.hostname.replace(/^\[|\]$/g, '');
			// Of an address nothing is looked up.
			const isRefused =
				isIP(address) !== 0 && !isAllowedHost(url.hostname, options) && !isPublicAddress(address);
			if (isRefused) return Promise.resolve({ kind: 'failed', code: ADDRESS_REFUSED });
			const isTls = url.protocol === 'https:';
			if (!isTls && !isAllowedHost(url.hostname, options)) {
				return Promise.resolve({ kind: 'failed', code: 'NOT_HTTPS' });
			}
			const request = (isTls ? requestHttps : requestHttp)(url, {
				method: 'POST',
				agent: isTls ? agents.https : agents.http,
				lookup,
				headers: { ...headers, 'content-length': Buffer.byteLength(body) },
			});
			return resultOf(request, body, timeLimitMs);
		},
		close() {
			agents.http.destroy();
			agents.https.destroy();
		},
	};
}

const ADDRESS_REFUSED = 'ADDRESS_REFUSED';

function resultOf(
	request: ReturnType<typeof requestHttps>,
	body: string,
	timeLimitMs: number,
): Promise<WebhookResult> {
	return new Promise((resolve) => {
		const timer = setTimeout(() => {
			resolve({ kind: 'failed', code: 'TIMED_OUT' });
			request.destroy();
		}, timeLimitMs);
		request.once('close', () => clearTimeout(timer));
		request.once('response', (response) => {
			resolve({ kind: 'answered', status: response.statusCode ?? 0 });
			discard(response);
		});
		request.once('upgrade', (_response, socket) => {
			resolve({ kind: 'failed', code: 'NOT_HTTP' });
			socket.destroy();
		});
		request.on('error', (error) => {
			resolve({ kind: 'failed', code: codeOf(error) });
		});
		request.end(body);
	});
}

function discard(response: IncomingMessage): void {
	const length = Number(response.headers['content-length'] ?? Infinity);
	if (length <= MAX_DISCARDED_BYTES || response.statusCode === 204) response.resume();
	else response.destroy();
	// It was answered: what breaks afterwards changes nothing.
	response.on('error', () => undefined);
}

function codeOf(error: Error): string {
	const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
	if (code !== '') return code;
	return error instanceof AggregateError && error.errors[0] instanceof Error
		? codeOf(error.errors[0])
		: 'FAILED';
}

class AddressRefused extends Error {
	readonly code = ADDRESS_REFUSED;
}

/** One address that may not be is enough: nobody has a public and a private one for the same name without a reason. */
function checkedLookUp(options: WebhookClientOptions): LookupFunction {
	const { lookUp = lookUpName } = options;
	return (hostname, wish, callback) => {
		lookUp(hostname, { ...wish, all: true }, (error, found: LookupAddress[]) => {
			const [first] = error ? [] : found;
			if (first === undefined) return callback(error ?? new Error('no address'), '');
			const mayBe = isAllowedHost(hostname, options);
			if (!mayBe && found.some(({ address }) => !isPublicAddress(address))) {
				return callback(new AddressRefused('the address may not be connected to'), '');
			}
			if (wish.all) callback(null, found);
			else callback(null, first.address, first.family);
		});
	};
}
