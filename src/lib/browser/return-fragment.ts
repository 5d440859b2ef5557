// Microsoft's answer comes back in the fragment of the address. Which sign-in it belongs to stands in
// `state`, behind msal-browser's own part: `<library state>|<our state>`.

import { parseSignInId, type SignInId } from '../domain/sign-in.ts';

export type ReturnFragment = { fragment: string; signInId: SignInId | undefined };

/** Undefined when the fragment is no answer of an identity provider. */
export function readReturnFragment(hash: string): ReturnFragment | undefined {
	const parameters = new URLSearchParams(hash.replace(/^#/, ''));
	if (!parameters.has('state')) return undefined;
	if (!parameters.has('code') && !parameters.has('error')) return undefined;
	const state = parameters.get('state') ?? '';
	return { fragment: hash, signInId: parseSignInId(state.slice(state.indexOf('|') + 1)) };
}
