// What the token endpoint can be told to do wrong with its next request, so that a flow meets each fault of a
// real network and of a real Microsoft on purpose.

import type { JWTPayload } from 'jose';

export type TokenFault =
	// A slow, otherwise ordinary answer.
	| { kind: 'latency'; ms: number }
	// An ordinary answer, once this is over: what happens while a request is under way.
	| { kind: 'held'; arrived: () => Promise<unknown> }
	// This answer; the request is not looked at, so a code in it is not spent.
	| { kind: 'status'; status: number; headers?: Record<string, string>; body?: string }
	// An error as Entra words it; the request is not looked at either.
	| {
			kind: 'error';
			error: string;
			aadsts: number;
			description?: string;
			suberror?: string;
			status?: number;
			headers?: Record<string, string>;
	  }
	// Status 200, and half a JSON text.
	| { kind: 'garbage' }
	// The request is carried out and its code is spent, but the answer never comes, or the connection breaks.
	| { kind: 'hang' }
	| { kind: 'reset' }
	// An ID token with other claims (nonce, aud, iss, tid, exp ...), correctly signed.
	| { kind: 'claims'; change: (claims: JWTPayload) => JWTPayload }
	// An ID token whose `kid` is right and whose signature is not.
	| { kind: 'wrong_signature' }
	// Only these scopes are granted, whatever was asked for.
	| { kind: 'scopes'; granted: readonly string[] };
