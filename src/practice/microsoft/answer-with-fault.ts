// The token endpoint as it was told to be: slow, silent, garbled, refusing, or just as it should be.

import { setTimeout as delay } from 'node:timers/promises';
import { entraErrorBody, EntraRefusal } from './entra-refusal.ts';
import { jsonAnswer, type Answer, type PracticeContext, type PracticeRequest } from './context.ts';
import type { Reply } from '../loopback-server.ts';
import { answerTokenRequest } from './token-endpoint.ts';
import type { TokenFault } from './token-fault.ts';

// Throws EntraRefusal where the request itself deserves one.
export async function answerWithFault(
	request: PracticeRequest,
	context: PracticeContext,
	{ fault, signal }: { fault: TokenFault | undefined; signal: AbortSignal },
): Promise<Reply> {
	switch (fault?.kind) {
		case 'latency':
			await delay(fault.ms, undefined, { signal });
			break;
		case 'held':
			await fault.arrived();
			break;
		case 'status':
			return { headers: {}, body: '', ...fault, outcome: fault.kind };
		case 'error':
			return toldError(fault, request, context);
		case 'garbage':
			return { ...jsonAnswer(200, null, fault.kind), body: '{"token_type":"Bearer","expi' };
		case 'hang':
		case 'reset':
			await carryOut(request, context);
			return fault.kind === 'hang' ? 'silence' : 'reset';
	}
	return answerTokenRequest(request, context, fault);
}

// The answer gets lost, whatever it would have been.
async function carryOut(request: PracticeRequest, context: PracticeContext): Promise<void> {
	try {
		await answerTokenRequest(request, context, undefined);
	} catch (error) {
		if (!(error instanceof EntraRefusal)) throw error;
	}
}

function toldError(
	fault: Extract<TokenFault, { kind: 'error' }>,
	request: PracticeRequest,
	{ authority, now }: PracticeContext,
): Answer {
	const { error, aadsts, description = 'The practice Microsoft was told to refuse.' } = fault;
	const { suberror, status = 400 } = fault;
	const body = entraErrorBody(
		{ error, aadsts, description, ...(suberror !== undefined && { suberror }) },
		{ authority, now: now(), clientRequestId: request.form.get('client-request-id') ?? undefined },
	);
	const answer = jsonAnswer(status, body, `AADSTS${aadsts}`);
	return { ...answer, headers: { ...answer.headers, ...fault.headers } };
}
