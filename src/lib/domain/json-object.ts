// A JSON object out of a text that somebody else wrote.

/** Undefined for everything that is no JSON object, whatever is wrong with it. */
export function parseJsonObject(text: string): Record<string, unknown> | undefined {
	let value: unknown;
	try {
		value = JSON.parse(text);
	} catch {
		// Callers answer the same to all that is no object.
		return undefined;
	}
	if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
	return value as Record<string, unknown>;
}
