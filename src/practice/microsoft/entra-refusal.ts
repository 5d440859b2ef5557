// A refusal in the shape in which Entra words it: an OAuth error, an AADSTS number, and the trace id, correlation id
// and time that Microsoft's support asks for.
// https://learn.microsoft.com/entra/identity-platform/reference-error-codes

import { randomUUID } from 'node:crypto';

export type EntraFault = {
	// OAuth's `error`.
	error: string;
	aadsts: number;
	// Without the number, which comes before it in `error_description`.
	description: string;
	suberror?: string;
	// HTTP status of an answer as JSON; 400 where it is left out.
	status?: number;
};

export class EntraRefusal extends Error {
	readonly fault: EntraFault;

	constructor(fault: EntraFault, options?: ErrorOptions) {
		super(`AADSTS${fault.aadsts}: ${fault.description}`, options);
		this.name = 'EntraRefusal';
		this.fault = fault;
	}
}

export type EntraErrorBody = {
	error: string;
	error_description: string;
	error_codes: number[];
	timestamp: string;
	trace_id: string;
	correlation_id: string;
	error_uri: string;
	suberror?: string;
};

// What the fault is answered with: the client's own `client-request-id` comes back as correlation id if it is a GUID.
export type FaultContext = { authority: string; now: Date; clientRequestId: string | undefined };

export function entraErrorBody(fault: EntraFault, context: FaultContext): EntraErrorBody {
	const traceId = randomUUID();
	const correlationId = guidOrNone(context.clientRequestId) ?? randomUUID();
	const timestamp = entraTimestamp(context.now);
	return {
		error: fault.error,
		error_description:
			`AADSTS${fault.aadsts}: ${fault.description} ` +
			`Trace ID: ${traceId} Correlation ID: ${correlationId} Timestamp: ${timestamp}`,
		error_codes: [fault.aadsts],
		timestamp,
		trace_id: traceId,
		correlation_id: correlationId,
		error_uri: `${context.authority}/error?code=${fault.aadsts}`,
		...(fault.suberror === undefined ? {} : { suberror: fault.suberror }),
	};
}

// The fault of a request that lacks a parameter; Entra names the parameter.
export function missingParameter(name: string): EntraFault {
	return {
		error: 'invalid_request',
		aadsts: 900144,
		description: `The request body must contain the following parameter: '${name}'.`,
	};
}

// For what a strict server refuses and Entra's list has no number of its own for.
export function malformedRequest(reason: string): EntraFault {
	return {
		error: 'invalid_request',
		aadsts: 9002313,
		description: `Invalid request. Request is malformed or invalid. ${reason}`,
	};
}

// Entra writes `2026-01-31 09:15:02Z`: no `T`, no milliseconds.
function entraTimestamp(now: Date): string {
	return now.toISOString().replace('T', ' ').replace(/\.\d+/, '');
}

function guidOrNone(text: string | undefined): string | undefined {
	const isGuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text ?? '');
	return isGuid ? text?.toLowerCase() : undefined;
}
