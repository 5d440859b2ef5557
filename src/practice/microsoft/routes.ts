// Which path leads to which part of the practice Microsoft. Unknown tenants, wrong methods and refusals become
// Entra-shaped answers here, and each request is put on record with what came of it.

import { answerApprovalDecision, answerApprovalRequest } from './approval-endpoint.ts';
import { answerWithFault } from './answer-with-fault.ts';
import { faultPage } from './authorize-answers.ts';
import { answerAuthorizeRequest, type OpenPages } from './authorize-endpoint.ts';
import { entraErrorBody, EntraRefusal, type EntraFault } from './entra-refusal.ts';
import { answerIntrospection } from './introspection.ts';
import { discoveryDocument, publicKeys } from './metadata.ts';
import {
	jsonAnswer,
	type Answer,
	type PracticeContext,
	type PracticeRequest,
	type RecordedRequest,
} from './context.ts';
import type { IncomingRequest, Reply } from '../loopback-server.ts';
import { answerDecision } from './sign-in-decision.ts';
import { cloudElsewhere } from './tenants.ts';
import { signedOutPage } from './signed-out-page.ts';
import type { TokenFault } from './token-fault.ts';

export type Desk = {
	context: PracticeContext;
	pages: OpenPages;
	takeFault(): TokenFault | undefined;
	record(request: RecordedRequest): void;
};

type Endpoint =
	| 'authorize'
	| 'decision'
	| 'approval'
	| 'approval_decision'
	| 'sign_out'
	| 'token'
	| 'introspect'
	| 'keys'
	| 'discovery';

const pages: readonly Endpoint[] = [
	'authorize',
	'decision',
	'approval',
	'approval_decision',
	'sign_out',
];

const paths: readonly { endpoint: Endpoint; method: string; path: RegExp }[] = [
	{ endpoint: 'authorize', method: 'GET', path: /^oauth2\/v2\.0\/authorize$/ },
	{ endpoint: 'decision', method: 'POST', path: /^oauth2\/v2\.0\/authorize\/([\w-]{22})$/ },
	{ endpoint: 'approval', method: 'GET', path: /^v2\.0\/adminconsent$/ },
	{ endpoint: 'approval_decision', method: 'POST', path: /^v2\.0\/adminconsent\/decision$/ },
	{ endpoint: 'sign_out', method: 'GET', path: /^oauth2\/v2\.0\/logout$/ },
	{ endpoint: 'token', method: 'POST', path: /^oauth2\/v2\.0\/token$/ },
	{ endpoint: 'introspect', method: 'POST', path: /^oauth2\/v2\.0\/introspect$/ },
	{ endpoint: 'keys', method: 'GET', path: /^discovery\/v2\.0\/keys$/ },
	{ endpoint: 'discovery', method: 'GET', path: /^v2\.0\/\.well-known\/openid-configuration$/ },
];

type Match = { endpoint: Endpoint; tenant: string; pageId: string };

export async function answerRequest(incoming: IncomingRequest, desk: Desk): Promise<Reply> {
	const match = matchPath(incoming);
	if (match === 'not_found') return jsonAnswer(404, { error: 'not_found' }, 'not_found');
	if (match === 'wrong_method') return refusal(wrongMethod(incoming.method), incoming, desk);
	const reply = await answerMatch(match, incoming, desk);
	desk.record(recordOf(match, incoming, reply, desk.context.now()));
	return reply;
}

function matchPath({ path, method }: IncomingRequest): Match | 'not_found' | 'wrong_method' {
	const [, tenant = '', rest = ''] = /^\/([^/]+)\/(.+)$/.exec(path) ?? [];
	for (const row of paths) {
		const found = row.path.exec(rest);
		if (!found) continue;
		if (row.method !== method) return 'wrong_method';
		return { endpoint: row.endpoint, tenant, pageId: found[1] ?? '' };
	}
	return 'not_found';
}

async function answerMatch(match: Match, incoming: IncomingRequest, desk: Desk): Promise<Reply> {
	try {
		return await answerEndpoint(match, readRequest(match, incoming, desk.context), incoming, desk);
	} catch (error) {
		if (!(error instanceof EntraRefusal)) throw error;
		return pages.includes(match.endpoint)
			? faultPage(error.fault, clientRequestId(incoming), desk.context)
			: refusal(error.fault, incoming, desk);
	}
}

// Throws EntraRefusal for a tenant that nobody knows.
function readRequest(
	{ tenant, endpoint }: Match,
	{ query, body, header }: IncomingRequest,
	{ directory }: PracticeContext,
): PracticeRequest {
	const tenantId = directory.findTenantId(tenant);
	const isElsewhere = endpoint === 'discovery' && cloudElsewhere(tenant) !== undefined;
	const isAnybodys = tenant === 'organizations' || tenant === 'common';
	if (tenantId === undefined && !isAnybodys && !isElsewhere) {
		throw new EntraRefusal(unknownTenant(tenant));
	}
	return { tenant, tenantId, query, form: new URLSearchParams(body), header };
}

async function answerEndpoint(
	{ endpoint, pageId }: Match,
	request: PracticeRequest,
	{ signal }: IncomingRequest,
	desk: Desk,
): Promise<Reply> {
	const { context, pages } = desk;
	switch (endpoint) {
		case 'authorize':
			return answerAuthorizeRequest(request, context, pages);
		case 'decision':
			return answerDecision(pageId, request, context, pages);
		case 'approval':
			return answerApprovalRequest(request, context);
		case 'approval_decision':
			return answerApprovalDecision(request, context);
		case 'sign_out':
			return signedOutPage(request, context);
		case 'token':
			noteVerifier(request, context);
			return answerWithFault(request, context, { fault: desk.takeFault(), signal });
		case 'introspect':
			return answerIntrospection(request, context);
		case 'keys':
			return openToAll(jsonAnswer(200, publicKeys(request, context), 'shown'));
		case 'discovery':
			return openToAll(jsonAnswer(200, discoveryDocument(request, context), 'shown'));
	}
}

// Whatever is answered, the verifier has arrived and must not turn up anywhere.
function noteVerifier({ form }: PracticeRequest, { noteSecret }: PracticeContext): void {
	const value = form.get('code_verifier');
	if (value) noteSecret({ kind: 'code_verifier', value });
}

function refusal(fault: EntraFault, incoming: IncomingRequest, { context }: Desk): Answer {
	const { authority, now } = context;
	const body = entraErrorBody(fault, {
		authority,
		now: now(),
		clientRequestId: clientRequestId(incoming),
	});
	return openToAll(jsonAnswer(fault.status ?? 400, body, `AADSTS${fault.aadsts}`));
}

// In the query, in the form or as a header, as the client likes.
function clientRequestId({ query, body, header }: IncomingRequest): string | undefined {
	const name = 'client-request-id';
	return query.get(name) ?? new URLSearchParams(body).get(name) ?? header(name);
}

function recordOf(
	{ endpoint, tenant }: Match,
	{ query, body }: IncomingRequest,
	reply: Reply,
	at: Date,
): RecordedRequest {
	const isQuery = ['authorize', 'approval', 'sign_out'].includes(endpoint);
	const parameters = isQuery ? query : new URLSearchParams(body);
	return {
		kind: endpoint === 'token' ? kindOfGrant(parameters.get('grant_type')) : endpoint,
		at,
		tenant,
		parameters: Object.fromEntries(parameters),
		outcome: typeof reply === 'string' ? reply : reply.outcome,
	};
}

function kindOfGrant(grantType: string | null): 'code' | 'refresh' | 'token' {
	if (grantType === 'authorization_code') return 'code';
	return grantType === 'refresh_token' ? 'refresh' : 'token';
}

// Browsers may read the metadata, and no tokens.
function openToAll(answer: Answer): Answer {
	return { ...answer, headers: { ...answer.headers, 'access-control-allow-origin': '*' } };
}

function wrongMethod(method: string): EntraFault {
	return {
		error: 'invalid_request',
		aadsts: 900561,
		status: 405,
		description: `The endpoint does not accept ${method} requests.`,
	};
}

function unknownTenant(tenant: string): EntraFault {
	// Neither a name with dots nor a GUID: Entra tells the two apart.
	if (!/^[a-z0-9-]+(\.[a-z0-9-]+)+$|^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(tenant)) {
		return {
			error: 'invalid_request',
			aadsts: 900023,
			description: `Specified tenant identifier '${tenant}' is neither a valid DNS name, nor a valid external domain.`,
		};
	}
	return {
		error: 'invalid_tenant',
		aadsts: 90002,
		description: `Tenant '${tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. Check with your subscription administrator, this may happen if there are no active subscriptions for the tenant.`,
	};
}
