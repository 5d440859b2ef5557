// Vitest's asymmetric matchers with a type: its own ones are `any`, which the linter rightly takes for a hole.

import { expect } from 'vitest';

export const anyText: unknown = expect.any(String);

export const anyObject: unknown = expect.any(Object);

export const anySignal: unknown = expect.any(AbortSignal);

export function textMatching(pattern: RegExp | string): unknown {
	return expect.stringMatching(pattern);
}

export function textWith(part: string): unknown {
	return expect.stringContaining(part);
}
