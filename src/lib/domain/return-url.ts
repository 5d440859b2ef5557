// Where a site's user goes back to. The operator registers it; what a site asks for is compared with that character by
// character, and nothing of it ever comes from a query.

/** What the helper adds. One that is there already could be taken for it, by programs that ignore case too. */
const ADDED = ['connect_link', 'code', 'state', 'error'];

const MAX_LENGTH = 2_000;

/**
 * https, or http on loopback alone, spelt as a browser would spell it: what is compared is where the browser goes.
 * Undefined for anything else.
 */
export function parseReturnUrl(text: string): string | undefined {
	if (text.length > MAX_LENGTH || !URL.canParse(text)) return undefined;
	const url = new URL(text);
	const { protocol, username, password } = url;
	const isSecure = protocol === 'https:' || (protocol === 'http:' && isLoopback(url.hostname));
	if (!isSecure || username !== '' || password !== '' || text.includes('#')) return undefined;
	const names = [...url.searchParams.keys()].map((name) => name.toLowerCase());
	if (ADDED.some((name) => names.includes(name))) return undefined;
	return url.href === text || url.href === `${text}/` ? text : undefined;
}

function isLoopback(hostname: string): boolean {
	return /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(hostname);
}

/** Its own query stays as it is. */
export function addToReturnUrl(
	url: string,
	parameters: Readonly<Record<string, string | undefined>>,
): string {
	const given = Object.entries(parameters).flatMap(([name, value]) =>
		value === undefined ? [] : [`${name}=${encodeURIComponent(value)}`],
	);
	return url + (url.includes('?') ? '&' : '?') + given.join('&');
}
