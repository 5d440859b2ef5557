// A mail server's line as it may be shown and kept: one line, short, and nothing in it that could be a
// secret. A server can quote anything it was sent, and what it was sent is an access token.

/** Enough for Exchange's longest refusals with host name, time and id. */
const MAX_SHOWN = 300;

/** Nothing of interest comes after this, and the patterns have little to search. */
const MAX_READ = 4000;

const REMOVED = '[removed]';

/** A server may break a token anywhere, so what looks like the start of one goes with all that is joined to it. */
const SECRETS: readonly RegExp[] = [
	/\bBearer\s+\S+/gi,
	// A JSON web token, however short its parts.
	/\beyJ[A-Za-z0-9_-]{5}\S*/g,
	// Microsoft's refresh tokens and authorization codes: a version, a dot, base64url.
	/\b(?:[01]\.A|M\.[A-Z][A-Z0-9_]*\.)[A-Za-z0-9_-]{15}\S*/g,
	// Any other long run of base64 or base64url.
	/(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{61,}={0,2}/g,
];

export function mailEvidence(line: string): string {
	const text = SECRETS.reduce((rest, secret) => rest.replace(secret, REMOVED), oneLine(line));
	return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN - 1)}…` : text;
}

function oneLine(line: string): string {
	const read = line.slice(0, MAX_READ);
	// A cut token would no longer look like one, so the last piece goes.
	const whole = line.length > MAX_READ ? read.split(/\s/).slice(0, -1).join(' ') : read;
	// Invisible characters join what they stood in, so that they cannot cut a token into harmless pieces.
	return whole
		.replace(/\p{Cf}/gu, '')
		.replace(/[\p{Cc}\s]+/gu, ' ')
		.trim();
}
