// What a client sends as its password: SASL PLAIN (RFC 4616) and LOGIN (draft-murchison-sasl-login).

import type { Credentials } from './protocol.ts';

/** An identifier and an address with room to spare; longer is nothing that we handed out. */
export const MAX_RESPONSE_LENGTH = 2_048;

/** Undefined when it is not base64 as RFC 4648 has it. */
function decodeBase64(text: string): string | undefined {
	const bytes = Buffer.from(text, 'base64');
	return bytes.toString('base64') === text ? bytes.toString('utf8') : undefined;
}

/** Undefined when it is not of the form; nobody may log in for somebody else. */
function parsePlain(response: string): Credentials | undefined {
	const parts = decodeBase64(response)?.split('\0');
	const [actsAs, user, password] = parts ?? [];
	if (parts?.length !== 3 || !user || !password) return undefined;
	if (actsAs !== '' && actsAs?.toLowerCase() !== user.toLowerCase()) return undefined;
	return { user, password };
}

export type SaslResult = Credentials | 'cancelled' | 'malformed' | 'unknown_mechanism' | 'gone';

/**
 * `ask` sends a challenge in base64 and gives the client's line, undefined when it is gone. An initial response
 * of `=` is an empty one (RFC 4954, section 4; RFC 9051, section 6.2.2).
 */
export async function authenticate(
	mechanism: string,
	initial: string | undefined,
	ask: (challenge: string) => Promise<string | undefined>,
): Promise<SaslResult> {
	const first = initial === '=' ? '' : initial;
	switch (mechanism.toUpperCase()) {
		case 'PLAIN': {
			const response = first ?? (await ask(''));
			if (response === undefined) return 'gone';
			return response === '*' ? 'cancelled' : (parsePlain(response) ?? 'malformed');
		}
		case 'LOGIN': {
			const user = answerOf(first ?? (await ask(encode('Username:'))));
			if (typeof user === 'string') return user;
			const password = answerOf(await ask(encode('Password:')));
			if (typeof password === 'string') return password;
			return { user: user.text, password: password.text };
		}
		default:
			return 'unknown_mechanism';
	}
}

function answerOf(line: string | undefined): { text: string } | 'gone' | 'cancelled' | 'malformed' {
	if (line === undefined) return 'gone';
	if (line === '*') return 'cancelled';
	const text = decodeBase64(line);
	return text === undefined ? 'malformed' : { text };
}

function encode(text: string): string {
	return Buffer.from(text).toString('base64');
}
