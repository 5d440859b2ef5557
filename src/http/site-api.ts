// The site API, `/api/v1`: for programs, by site key, without cookies. It is in front of SvelteKit's
// handler because a resolve is one statement, and SvelteKit's way around it costs three times that.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import { explainTokenProblem, explainTokenReport } from '../lib/problems/explain-token.ts';
import { isProblem, type Problem, type TokenProblem } from '../lib/domain/problem.ts';
import type { ClientAddress } from '../lib/server/client-address.ts';
import type { App } from '../lib/server/app/app.ts';
import { CONNECT_LINK_ROUTES } from './connect-link-routes.ts';
import { readBody } from './json-body.ts';
import type { Headers } from './refusal.ts';
import type { RequestHandlerOptions } from './request-handler.ts';
import { fault, type Answer, type Asking, type SiteApiRoute } from './site-api-route.ts';

const ROUTES: readonly SiteApiRoute[] = [
	{ path: /^\/api\/v1\/resolve$/, methods: { POST: resolve } },
	{ path: /^\/api\/v1\/tokens$/, methods: { GET: listTokens } },
	{ path: /^\/api\/v1\/events$/, methods: { GET: listEvents } },
	{ path: /^\/api\/v1\/tokens\/[^/]+$/, methods: { DELETE: revokeToken } },
	...CONNECT_LINK_ROUTES,
];

export function createSiteApi(
	app: App,
	clientAddress: (request: IncomingMessage) => ClientAddress,
): RequestHandlerOptions['siteApi'] {
	return (request, response, headers) =>
		answer(request, app, clientAddress(request)).then(
			(result) => send(response, result, headers),
			(error: unknown) => send(response, faultOf(error, app), headers),
		);
}

async function answer(
	request: IncomingMessage,
	app: App,
	clientAddress: ClientAddress,
): Promise<Answer> {
	const path = (request.url ?? '').split('?', 1)[0] ?? '';
	const route = ROUTES.find((candidate) => candidate.path.test(path));
	if (route === undefined) return fault(404, 'not_found', 'There is nothing here.');
	const handle = route.methods[request.method ?? ''];
	if (handle !== undefined) {
		return handle(request, app.forSite(siteKeyOf(request), clientAddress), path);
	}
	const allow = Object.keys(route.methods).join(', ');
	return fault(405, 'method_not_allowed', `Only ${allow} is possible here.`, { allow });
}

async function resolve(request: IncomingMessage, site: Asking): Promise<Answer> {
	const body = await readBody(request, 'with "identifier"');
	if ('answer' in body) return body.answer;
	const { identifier, min_ttl: minTtl } = body.value;
	const resolved = await site.resolveIdentifier({ identifier, minTtl });
	return { status: 200, body: resolved };
}

/** A page of a thousand is a megabyte with all its words, and everybody else is answered in between. */
const TOKENS_AT_ONCE = 25;

async function listTokens({ url = '' }: IncomingMessage, site: Asking): Promise<Answer> {
	const query = new URLSearchParams(url.split('?', 2)[1]);
	const { tokens, next } = await site.listTokens({
		status: query.get('status') ?? undefined,
		limit: query.get('limit') ?? undefined,
		after: query.get('after') ?? undefined,
	});
	const texts: string[] = [];
	for (let from = 0; from < tokens.length; from += TOKENS_AT_ONCE) {
		const slice = tokens.slice(from, from + TOKENS_AT_ONCE);
		texts.push(...slice.map((token) => JSON.stringify(explainTokenReport(token))));
		await setImmediate();
	}
	const end = next === undefined ? '' : `,"next":${JSON.stringify(next)}`;
	return { status: 200, json: `{"tokens":[${texts.join(',')}]${end}}` };
}

async function listEvents({ url = '' }: IncomingMessage, site: Asking): Promise<Answer> {
	const query = new URLSearchParams(url.split('?', 2)[1]);
	const page = await site.listEvents({
		after: query.get('after') ?? undefined,
		limit: query.get('limit') ?? undefined,
	});
	return { status: 200, body: page };
}

async function revokeToken(_request: IncomingMessage, site: Asking, path: string): Promise<Answer> {
	await site.revokeToken(parseNumber(path.slice(path.lastIndexOf('/') + 1)));
	return { status: 204 };
}

/** No row has the number 0. */
function parseNumber(text: string): number {
	return /^[1-9][0-9]{0,14}$/.test(text) ? Number(text) : 0;
}

/** RFC 6750, 2.1. */
function siteKeyOf({ headers }: IncomingMessage): string | undefined {
	return /^Bearer +([^ ]+) *$/i.exec(headers.authorization ?? '')?.[1];
}

const PROBLEMS: Partial<Record<Problem['code'], [number, string]>> = {
	invalid_site_key: [401, 'The site key is missing, wrong, or no longer valid.'],
	unknown_identifier: [404, 'This site has no such identifier.'],
	unknown_link: [404, 'This site has no such link, or the code is not good for it.'],
	not_returned: [409, 'Nobody has come back by this link yet.'],
	link_completed: [409, 'This link is completed; revoke its identifier instead.'],
	invalid_input: [422, 'Something in the request cannot be used.'],
	sign_in_required: [409, 'Somebody has to sign in again for this mailbox; see sign_in_url.'],
	too_many_requests: [429, 'Too many requests with this site key. Wait a moment, then go on.'],
	temporarily_unavailable: [503, 'There is no fresh token for the moment. Try again soon.'],
};

function faultOf(error: unknown, app: App): Answer {
	const known = isProblem(error) ? PROBLEMS[error.code] : undefined;
	if (!isProblem(error) || known === undefined) {
		const id = crypto.randomUUID();
		app.log.error({ err: error, id }, 'request to the site API failed');
		return fault(
			500,
			'internal_error',
			`Something went wrong here. The operator finds it under ${id}.`,
		);
	}
	const [status, message] = known;
	return {
		status,
		body: {
			error: error.code,
			message,
			...(error.fields && { fields: error.fields }),
			...(error.signInUrl !== undefined && { sign_in_url: error.signInUrl }),
			...(error.tokenProblem && { problem: inWords(error.tokenProblem) }),
		},
		headers: {
			...(status === 401 && { 'www-authenticate': 'Bearer' }),
			...([429, 503].includes(status) && {
				'retry-after': String(error.retryAfterSeconds ?? 5),
			}),
		},
	};
}

/** The mailbox is the one that was asked for. */
function inWords({ code, reference }: TokenProblem) {
	return explainTokenProblem(code, { site: '', mailbox: 'this mailbox' }, reference);
}

function send(
	response: ServerResponse,
	{ status, body, json, headers = {} }: Answer,
	common: Headers,
): void {
	const lines: string[] = [...common, ...Object.entries(headers)].flat();
	if (body === undefined && json === undefined) {
		response.writeHead(status, lines).end();
		return;
	}
	const text = json ?? JSON.stringify(body);
	const length = Buffer.byteLength(text);
	lines.push('Content-Type', 'application/json', 'Content-Length', String(length));
	// Nearly every answer is ASCII, which Node writes much faster as what it also is.
	response.writeHead(status, lines).end(text, length === text.length ? 'latin1' : 'utf8');
}
