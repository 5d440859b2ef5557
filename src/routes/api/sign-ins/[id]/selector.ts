// `{id}` in an address: a sign-in's id, or `current`.

import { Problem } from '$lib/domain/problem';
import { parseSignInId, type SignInId } from '$lib/domain/sign-in';

/** Throws `Problem` `unknown_sign_in` for what cannot be an id of ours. */
export function parseSelector(text: string): SignInId | 'current' {
	if (text === 'current') return text;
	const id = parseSignInId(text);
	if (id === undefined) throw new Problem('unknown_sign_in');
	return id;
}
