// Why our own server did not do something, in its own words, which are in the visitor's language.

/** Without words there was no connection. */
export type Fault = { message: string | undefined };

export async function faultOf(response: Response | undefined): Promise<Fault> {
	return { message: messageOf(await response?.json().catch(() => undefined)) };
}

export function messageOf(body: unknown): string | undefined {
	if (typeof body !== 'object' || body === null || !('message' in body)) return undefined;
	return typeof body.message === 'string' ? body.message : undefined;
}
