// Turns a problem into an HTTP answer, for browsers; `src/http/site-api.ts` does it for programs.

import { parseJsonObject } from '$lib/domain/json-object';
import { isProblem, type Problem } from '$lib/domain/problem';
import { explainFieldFaults } from '$lib/problems/field-faults';
import { PAGE_WORDS } from '$lib/words/all-page-words';
import type { Language } from '$lib/domain/language';
import { PROBLEM_WORDS, type ProblemWords } from '$lib/words/problem-words';
import type { Cookies } from '@sveltejs/kit';
import type { SessionCookie } from '$lib/server/owners/sessions';

const STATUS = {
	invalid_input: 422,
	site_not_registered: 403,
	mailbox_not_allowed: 403,
	temporarily_unavailable: 503,
	not_at_confirm: 409,
	not_ready: 409,
	not_returned: 409,
	link_ended: 410,
	unknown_identifier: 404,
	unknown_sign_in: 404,
};

/** Runs a flow and answers for whatever it throws. */
export async function answering(
	event: { locals: App.Locals; route: { id: string | null } },
	flow: () => Promise<Response>,
): Promise<Response> {
	try {
		return await flow();
	} catch (error) {
		if (isProblem(error)) return problemAnswer(error, event.locals.language);
		if (isTooLarge(error)) return fault(413, 'too_large', 'The request is too large.');
		const id = crypto.randomUUID();
		event.locals.app.log.error({ err: error, id, route: event.route.id }, 'request failed');
		return fault(
			500,
			'internal_error',
			`Something went wrong here. The operator finds it under ${id}.`,
		);
	}
}

function problemAnswer(problem: Problem, language: Language): Response {
	const retryAfter =
		problem.retryAfterSeconds ?? (problem.code === 'temporarily_unavailable' ? 5 : undefined);
	const [status, message] = statusAndMessage(problem, retryAfter ?? 60, PROBLEM_WORDS[language]);
	const { fieldFaults } = problem;
	const fields = fieldFaults && explainFieldFaults(fieldFaults, PAGE_WORDS[language]);
	return Response.json(
		{ error: problem.code, message, ...(fields && { fields }) },
		{
			status,
			...(retryAfter !== undefined && { headers: { 'retry-after': String(retryAfter) } }),
		},
	);
}

function statusAndMessage(
	{ code, site }: Problem,
	retryAfterSeconds: number,
	words: ProblemWords,
): [number, string] {
	if (code === 'too_many_requests') return [429, tooOften(retryAfterSeconds, words)];
	if (code === 'link_required') return [403, words.answer_link_required({ site: site ?? '' })];
	if (!isAnswered(code)) return [500, words.answer_unforeseen({})];
	return [STATUS[code], words[`answer_${code}`]({})];
}

function isAnswered(code: string): code is keyof typeof STATUS {
	return Object.hasOwn(STATUS, code);
}

function tooOften(seconds: number, words: ProblemWords): string {
	return seconds > 90
		? words.answer_too_many_in_minutes({ count: Math.ceil(seconds / 60) })
		: words.answer_too_many_in_seconds({ count: seconds });
}

/** What adapter-node throws while a body is read that is longer than it may be. */
function isTooLarge(error: unknown): boolean {
	return error instanceof Error && 'status' in error && error.status === 413;
}

export function fault(
	status: number,
	error: string,
	message: string,
	headers?: Record<string, string>,
): Response {
	return Response.json({ error, message }, { status, ...(headers && { headers }) });
}

/** Gives the browser its session. */
export function setSessionCookie(cookies: Cookies, cookie: SessionCookie | undefined): void {
	if (cookie) cookies.set(cookie.name, cookie.value, cookie.attributes);
}

/** The fields of a JSON object in the body, or undefined when the body is anything else. */
export async function readJsonObject(
	request: Request,
): Promise<Record<string, unknown> | undefined> {
	if (!hasContentType(request, 'application/json')) return undefined;
	return parseJsonObject(await readText(request));
}

/** A client that broke off, or was too slow, reads no answer: that is no fault to log. */
export async function readText(request: Request): Promise<string> {
	return request.text().catch((error: unknown) => {
		if (isTooLarge(error)) throw error;
		return '';
	});
}

export function hasContentType(request: Request, type: string): boolean {
	const [actual = ''] = (request.headers.get('content-type') ?? '').split(';');
	return actual.trim().toLowerCase() === type;
}

export function notReadable(what: string): Response {
	return fault(400, 'invalid_request', `The body must be ${what}.`);
}
