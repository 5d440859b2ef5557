// Why our own server did not do something, in its own words, which are in the visitor's language.

export type Fault = {
	/** Without words there was no connection. */
	message: string | undefined;
	/** What the page shows is no longer there: revoked in another tab, or of another account. */
	isGone?: boolean;
};

export async function faultOf(response: Response | undefined): Promise<Fault> {
	const message = messageOf(await response?.json().catch(() => undefined));
	return { message, isGone: response?.status === 404 || response?.status === 409 };
}

export function messageOf(body: unknown): string | undefined {
	if (typeof body !== 'object' || body === null || !('message' in body)) return undefined;
	return typeof body.message === 'string' ? body.message : undefined;
}
