// What a client is made with, looked at once: a mistyped URL or key would else look like a helper that is down, and be
// tried for ever.

import { InvalidInputError } from './errors.ts';

const OWN_MACHINE = /^(?:localhost|127(?:\.[0-9]{1,3}){3}|\[::1\])$/;

/** Throws `TypeError` with a sentence. */
export function parseHelper(helper: string | URL): URL {
	const given: unknown = helper;
	const text = given instanceof URL ? given.href : given;
	if (typeof text !== 'string' || !/^https?:\/\//i.test(text) || !URL.canParse(text)) {
		throw new TypeError(
			'mailkey-client: `helper` is the URL of the helper, with its scheme, such as https://your-helper.example.com.',
		);
	}
	const url = new URL(text);
	if (url.protocol === 'http:' && !OWN_MACHINE.test(url.hostname)) {
		throw new TypeError(
			'mailkey-client: `helper` begins with https://, as the site key and tokens cross the network; http:// is for a helper on this machine.',
		);
	}
	if (url.href !== `${url.origin}/`) {
		throw new TypeError(
			`mailkey-client: \`helper\` is scheme, host and port alone: ${url.origin} in place of what was given.`,
		);
	}
	return url;
}

/** Throws `TypeError` with a sentence, which does not hold the key. */
export function parseSiteKey(siteKey: string): string {
	const given: unknown = siteKey;
	// A line end comes with a key that was read from a file.
	const key = typeof given === 'string' ? given.trim() : '';
	if (!/^[\x21-\x7E]+$/.test(key)) {
		throw new TypeError(
			'mailkey-client: `siteKey` is the site key that the operator handed out, such as mksite_ and 43 characters, in one piece.',
		);
	}
	return key;
}

/** What a token may be asked to live at least (docs/resolve-api.md). */
const MAX_MIN_TTL_SECONDS = 3000;

/** Throws `InvalidInputError`: also where a kept answer would do, so that the fault shows at once. */
export function checkMinTtl(seconds: number): void {
	const given: unknown = seconds;
	if (typeof given === 'number' && seconds >= 0 && seconds <= MAX_MIN_TTL_SECONDS) return;
	const words = `A number from 0 to ${MAX_MIN_TTL_SECONDS} is needed.`;
	throw new InvalidInputError('`minTtlSeconds` cannot be used.', { min_ttl: words });
}
