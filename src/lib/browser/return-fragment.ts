// Microsoft's answer comes back in the fragment of the address. Which sign-in or visit it belongs to is in
// `state`, behind msal-browser's own part: `<library state>|<our state>`.

import { parseSignInId, type SignInId } from '../domain/sign-in.ts';

export type ReturnFragment = {
	fragment: string;
	signInId: SignInId | undefined;
	/** Somebody signed in to see their mailboxes; there is no other page that is registered at Microsoft. */
	visitId: SignInId | undefined;
};

/** Before the id of a visit; no id holds a dot. */
export const VISIT_MARK = 'visit.';

/** Undefined when the fragment is no answer of an identity provider. */
export function readReturnFragment(hash: string): ReturnFragment | undefined {
	const parameters = new URLSearchParams(hash.replace(/^#/, ''));
	if (!parameters.has('state')) return undefined;
	if (!parameters.has('code') && !parameters.has('error')) return undefined;
	const state = parameters.get('state') ?? '';
	const ours = state.slice(state.indexOf('|') + 1);
	const isVisit = ours.startsWith(VISIT_MARK);
	return {
		fragment: hash,
		signInId: isVisit ? undefined : parseSignInId(ours),
		visitId: isVisit ? parseSignInId(ours.slice(VISIT_MARK.length)) : undefined,
	};
}
