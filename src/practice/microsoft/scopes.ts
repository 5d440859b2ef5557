// Which scopes Mailkey asks for, which of them lead to which resource, and what a person reads about each.
// https://learn.microsoft.com/exchange/client-developer/legacy-protocols/how-to-authenticate-an-imap-pop-smtp-application-by-using-oauth

import { PROTOCOL_FACTS } from '../../lib/domain/mail-protocol.ts';
import { EntraRefusal } from './entra-refusal.ts';
import type { PracticeAccount } from './account.ts';

const identityScopes = ['openid', 'profile', 'email', 'offline_access'];

const exchange = 'https://outlook.office.com/';

const MAIL_RIGHTS = {
	read: 'Read and change your mail by',
	fetch: 'Read and delete your mail by',
	send: 'Send mail as you by',
};

const mailRights = Object.values(PROTOCOL_FACTS).map(
	({ right, use, name }) => [exchange + right, `${MAIL_RIGHTS[use]} ${name}`] as const,
);

const rights: ReadonlyMap<string, string> = new Map([
	...mailRights,
	['offline_access', 'Keep this access while you are away'],
]);

// What the app registration lists; `.default` means all of it.
export const everythingRegistered: readonly string[] = [
	...identityScopes,
	...mailRights.map(([scope]) => scope),
];

// What the application may ask for besides mail; anything else is a fault of the application.
const expectedWithMail = [...identityScopes].sort().join(' ');
const expectedWithoutMail = ['openid', 'profile'].sort().join(' ');

// What the sign-in page says about them.
export function rightsOf(scopes: readonly string[]): string[] {
	return [...rights].filter(([scope]) => scopes.includes(scope)).map(([, right]) => right);
}

export function parseScopes(text: string): string[] {
	return text.split(' ').filter((scope) => scope !== '');
}

// Throws EntraRefusal AADSTS70011 unless some of the registered rights to mail were asked for, once each and with all that
// belongs to them, or none and who it is alone; in any order.
export function assertExpectedScopes(scopes: readonly string[]): void {
	const mail = scopes.filter((scope) => !identityScopes.includes(scope));
	const others = scopes.filter((scope) => identityScopes.includes(scope));
	const isRegistered = mail.every((scope) => everythingRegistered.includes(scope));
	const expected = mail.length > 0 ? expectedWithMail : expectedWithoutMail;
	const isEachOnce = new Set(mail).size === mail.length;
	if (isRegistered && isEachOnce && [...others].sort().join(' ') === expected) return;
	throw new EntraRefusal({
		error: 'invalid_scope',
		aadsts: 70011,
		description:
			`The provided value for the input parameter 'scope' is not valid. ` +
			`The scope '${scopes.join(' ')}' is not what this application is expected to ask for.`,
	});
}

// What this account gets of what was asked for; a right is the last part of a scope. Throws EntraRefusal.
export function grantedTo(
	{ outcome }: PracticeAccount,
	asked: readonly string[],
): readonly string[] {
	if (outcome.kind === 'refused_at_token') throw new EntraRefusal(outcome);
	const withheld = outcome.kind === 'signs_in' ? (outcome.withheldRights ?? []) : [];
	return asked.filter((scope) => !withheld.some((right) => scope === exchange + right));
}

// At the token endpoint: nothing that was not granted, and one resource only.
// A name without a host means Microsoft Graph, so it counts as a resource of its own.
function assertRedeemableScopes(asked: readonly string[], granted: readonly string[]): void {
	const resources = new Set(
		asked.filter((scope) => !identityScopes.includes(scope)).map(resourceOf),
	);
	if (resources.size > 1) {
		throw new EntraRefusal({
			error: 'invalid_scope',
			aadsts: 700022,
			description: `The provided value for the input parameter scope '${asked.join(' ')}' is not valid because it contains more than one resource.`,
		});
	}
	const missing = asked.filter((scope) => !granted.includes(scope));
	if (missing.length > 0) {
		throw new EntraRefusal({
			error: 'invalid_grant',
			aadsts: 65001,
			suberror: 'consent_required',
			description: `The user or administrator has not consented to use the application with '${missing.join(' ')}'. Send an interactive authorization request for this user and resource.`,
		});
	}
}

// As Entra answers: the resource's scopes alone, or the identity scopes where no resource was asked for.
export function scopesInAnswer(granted: readonly string[]): string {
	const resourceScopes = granted.filter((scope) => !identityScopes.includes(scope));
	const identity = granted.filter((scope) => scope !== 'offline_access');
	return (resourceScopes.length > 0 ? resourceScopes : identity).join(' ');
}

function resourceOf(scope: string): string {
	const end = scope.lastIndexOf('/');
	return end < 0 ? 'https://graph.microsoft.com' : scope.slice(0, end);
}

// Without a `scope` all that was granted is meant. Throws EntraRefusal.
export function narrowScopes(scope: string | null, granted: readonly string[]): readonly string[] {
	const asked = parseScopes(scope ?? '');
	if (asked.length === 0) return granted;
	assertRedeemableScopes(asked, granted);
	return asked;
}
