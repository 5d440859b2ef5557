// Connect links in the site API: a site makes one, asks what became of it, cancels it, and presents the code that its
// user's browser brought.

import type { IncomingMessage } from 'node:http';
import { explainProblem } from '../lib/problems/explain.ts';
import { explainChecks } from '../lib/problems/mail-answers/explain-mail-answer.ts';
import { readBody } from './json-body.ts';
import type { Answer, Asking, SiteApiRoute } from './site-api-route.ts';

export const CONNECT_LINK_ROUTES: readonly SiteApiRoute[] = [
	{ path: /^\/api\/v1\/connect-links$/, methods: { POST: make } },
	{ path: /^\/api\/v1\/connect-links\/[^/]+$/, methods: { GET: report, DELETE: cancel } },
	{ path: /^\/api\/v1\/connect-links\/[^/]+\/complete$/, methods: { POST: complete } },
];

async function make(request: IncomingMessage, site: Asking): Promise<Answer> {
	const body = await readBody(request, 'with "email", "return_url" or both');
	if ('answer' in body) return body.answer;
	const { email, return_url: returnUrl, state, expires_in: expiresIn } = body.value;
	const { id, url, expiresAt } = await site.makeConnectLink({ email, returnUrl, state, expiresIn });
	return { status: 201, body: { id, url, expires_at: expiresAt.toISOString() } };
}

async function report(_request: IncomingMessage, site: Asking, path: string): Promise<Answer> {
	const { problem, ...link } = await site.reportConnectLink(idIn(path));
	const subject = { site: link.site, mailbox: link.email ?? 'the mailbox' };
	return {
		status: 200,
		body: {
			id: link.id,
			status: link.status,
			email: link.email,
			expires_at: link.expires_at,
			identifier: link.identifier,
			problem: problem && explainProblem(problem.code, subject, problem.reference),
		},
	};
}

async function cancel(_request: IncomingMessage, site: Asking, path: string): Promise<Answer> {
	await site.cancelConnectLink(idIn(path));
	return { status: 204 };
}

async function complete(request: IncomingMessage, site: Asking, path: string): Promise<Answer> {
	const body = await readBody(request, 'with "code"');
	if ('answer' in body) return body.answer;
	const completed = await site.completeConnectLink(idIn(path), body.value['code']);
	const { identifier, mailbox, signed_in_as: signedInAs, checks } = completed;
	const inWords = explainChecks(checks, { mailbox, signedInAs });
	return {
		status: 200,
		body: { identifier, mailbox, signed_in_as: signedInAs, checks: inWords },
	};
}

/** `/api/v1/connect-links/<id>`, and what follows. */
function idIn(path: string): string {
	return path.split('/')[4] ?? '';
}
