// One way to talk to Microsoft over HTTP: the global `fetch` (SvelteKit's adds an Origin header, which
// makes Entra refuse client credentials), a time limit, no redirects, and no body without end.

import { parseJsonObject } from '../../domain/json-object.ts';
import { MicrosoftError } from './microsoft-error.ts';

/** Metadata, keys and token answers are a few kilobytes; more is not an answer of Microsoft's. */
const MAX_BODY_BYTES = 1_000_000;

export type Fetch = typeof fetch;

/** GETs a JSON document. Throws `MicrosoftError` `unreachable` for anything but a JSON object. */
export async function getJson(
	url: string,
	{ fetch, timeoutMs }: { fetch: Fetch; timeoutMs: number },
): Promise<{ status: number; headers: Headers; body: Record<string, unknown> }> {
	const response = await sent(() =>
		fetch(url, {
			redirect: 'error',
			headers: { accept: 'application/json' },
			signal: AbortSignal.timeout(timeoutMs),
		}),
	);
	const { status, headers } = response;
	return { status, headers, body: await readJson(response) };
}

/** Turns whatever a failing request throws into `MicrosoftError` `unreachable`. */
export async function sent(request: () => Promise<Response>): Promise<Response> {
	try {
		return await request();
	} catch (cause) {
		throw new MicrosoftError('unreachable', { cause });
	}
}

export async function readJson(response: Response): Promise<Record<string, unknown>> {
	try {
		const body = parseJsonObject(await readText(response));
		if (body === undefined) throw new Error('the answer is not a JSON object');
		return body;
	} catch (cause) {
		throw new MicrosoftError('unreachable', { cause });
	}
}

async function readText(response: Response): Promise<string> {
	const chunks: Uint8Array[] = [];
	let length = 0;
	for await (const chunk of response.body ?? []) {
		length += chunk.length;
		if (length > MAX_BODY_BYTES) throw new Error('the answer is too long');
		chunks.push(chunk);
	}
	return Buffer.concat(chunks).toString('utf8');
}
