// A connect link: made for a site, which sends its user to the page by it and learns what came of it.

export const CONNECT_LINK_STATUSES = [
	'open',
	/** Somebody has signed in, and the site has not presented the code yet that came with their browser. */
	'returning',
	'completed',
	'expired',
	'cancelled',
] as const;

export type ConnectLinkStatus = (typeof CONNECT_LINK_STATUSES)[number];

type RandomBytes = (size: number) => { toString(encoding: 'base64url'): string };

/** 128 random bits in base64url: 22 characters. It names the link, and opens nothing. */
export function makeConnectLinkId(randomBytes: RandomBytes): string {
	return randomBytes(16).toString('base64url');
}

export function isConnectLinkId(text: string): boolean {
	return /^[A-Za-z0-9_-]{22}$/.test(text);
}

/** What opens the link, and the code that comes back with a browser: 256 random bits in base64url. */
export function makeLinkSecret(randomBytes: RandomBytes): string {
	return randomBytes(32).toString('base64url');
}

export function isLinkSecret(text: string): boolean {
	return /^[A-Za-z0-9_-]{43}$/.test(text);
}
