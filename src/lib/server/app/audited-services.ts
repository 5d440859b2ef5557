// Notes in the audit trail what goes through the stores, from outside: no flow and no store knows of it. What
// was done is noted after it was written.

import { isProblem, type ProblemCode } from '../../domain/problem.ts';
import type { ClientAddress } from '../client-address.ts';
import { createFirstOfHour } from '../audit/first-of-hour.ts';
import type { AuditedBy, Auditor } from '../audit/audit-trail.ts';
import type { SiteChange } from '../sites/change-store.ts';
import type { SignInFailure } from '../sign-ins/sign-in.ts';
import type { Services } from './services.ts';

type AuditedServices = Pick<
	Services,
	'signIns' | 'completions' | 'connectLinks' | 'storedTokens' | 'sites' | 'removals' | 'webhooks'
>;

/** The same services; what `who` does in them is noted. */
export function auditServices<Given extends AuditedServices & Pick<Services, 'auditTrail' | 'now'>>(
	services: Given,
	who: AuditedBy,
): Given {
	const note = services.auditTrail.by(who);
	return {
		...services,
		...auditedSignIns(services, note),
		...auditedTokens(services, note),
		...auditedLinks(services, note),
		...auditedSites(services, note),
		...auditedRemovals(services, who),
	};
}

function auditedSignIns(
	{ signIns, completions }: AuditedServices,
	note: Auditor,
): Pick<AuditedServices, 'signIns' | 'completions'> {
	return {
		signIns: {
			...signIns,
			async add(signIn) {
				const added = await signIns.add(signIn);
				const { id: signInId, siteId, mailbox } = signIn;
				const detail = linkOf(signIn);
				if (added) note({ event: 'sign_in_started', signInId, siteId, mailbox, detail });
				return added;
			},
			async fail(signInId, from, failure) {
				const failed = await signIns.fail(signInId, from, failure);
				const { account } = failure;
				const detail = detailOf(failure);
				const actorName = account?.username;
				if (failed) note({ event: 'sign_in_failed', signInId, detail, actorName });
				return failed;
			},
			async claimTry(signInId, claim) {
				const pending = await signIns.claimTry(signInId, claim);
				if (pending) {
					const { siteId, mailbox, tokenSet } = pending;
					note({ event: 'confirm', signInId, siteId, mailbox, actorName: nameOf(tokenSet) });
				}
				return pending;
			},
			async saveCheck(signInId, begunAt, protocol, check) {
				await signIns.saveCheck(signInId, begunAt, protocol, check);
				note({ event: 'check', signInId, detail: `${protocol} ${check.status}` });
			},
			async saveTestMessage(signInId, begunAt, result) {
				await signIns.saveTestMessage(signInId, begunAt, result);
				note({ event: 'test_message', signInId, detail: result.status });
			},
		},
		completions: {
			...completions,
			async complete(reservation, owner, tokenSet, move) {
				const completed = await completions.complete(reservation, owner, tokenSet, move);
				const { signInId, storedTokenId } = reservation;
				const { siteId, mailbox } = owner;
				const actorName = nameOf({ ...owner, ...tokenSet });
				if (completed) {
					note({ event: 'token_stored', signInId, storedTokenId, siteId, mailbox, actorName });
				}
				return completed;
			},
		},
	};
}

function auditedTokens(
	{ storedTokens }: AuditedServices,
	note: Auditor,
): Pick<AuditedServices, 'storedTokens'> {
	return {
		storedTokens: {
			...storedTokens,
			async revoke(siteId, storedTokenId, revocation) {
				const revoked = await storedTokens.revoke(siteId, storedTokenId, revocation);
				const detail = revocation.reason;
				if (revoked) note({ event: 'token_revoked', siteId, storedTokenId, detail });
				return revoked;
			},
			async saveFailure(leased, failure) {
				const saved = await storedTokens.saveFailure(leased, failure);
				const { siteId, id: storedTokenId, mailbox } = leased;
				const detail = failure.problem.code;
				if (saved) note({ event: 'refresh_failed', siteId, storedTokenId, mailbox, detail });
				return saved;
			},
		},
	};
}

function auditedLinks(
	{ connectLinks }: AuditedServices,
	note: Auditor,
): Pick<AuditedServices, 'connectLinks'> {
	return {
		connectLinks: {
			...connectLinks,
			async add(link) {
				await connectLinks.add(link);
				const { id: detail, siteId, email } = link;
				note({ event: 'connect_link_made', siteId, mailbox: email?.toLowerCase(), detail });
			},
			async cancel(siteId, id, end) {
				const cancelled = await connectLinks.cancel(siteId, id, end);
				const detail = `${id} ${end.reason}`;
				if (cancelled) note({ event: 'connect_link_cancelled', siteId, detail });
				return cancelled;
			},
		},
	};
}

function auditedSites(
	{ sites, webhooks }: AuditedServices,
	note: Auditor,
): Pick<AuditedServices, 'sites' | 'webhooks'> {
	return {
		sites: {
			...sites,
			async add(site) {
				const siteId = await sites.add(site);
				if (siteId !== undefined) note({ event: 'site_added', siteId, detail: site.url });
				return siteId;
			},
			async change(url, change) {
				const { outcome, siteId } = await sites.change(url, change);
				const detail = changedParts(change).join(', ');
				// A change of the webhook alone is noted where it is made.
				if (outcome === 'changed' && detail !== '') note({ event: 'site_changed', siteId, detail });
				return { outcome, siteId };
			},
			async disable(url, now) {
				const siteId = await sites.disable(url, now);
				if (siteId !== undefined) note({ event: 'site_disabled', siteId, detail: url });
				return siteId;
			},
			async enable(url) {
				const siteId = await sites.enable(url);
				if (siteId !== undefined) note({ event: 'site_enabled', siteId, detail: url });
				return siteId;
			},
			async addKey(url, key) {
				const siteId = await sites.addKey(url, key);
				if (siteId !== undefined) note({ event: 'site_key_rotated', siteId, detail: url });
				return siteId;
			},
		},
		webhooks: {
			...webhooks,
			async saveUrl(siteId, webhook) {
				await webhooks.saveUrl(siteId, webhook);
				note({ event: 'site_changed', siteId, detail: 'webhookUrl' });
			},
			async addSecret(secret, times) {
				await webhooks.addSecret(secret, times);
				note({ event: 'webhook_secret_rotated', siteId: secret.siteId });
			},
		},
	};
}

function auditedRemovals(
	{ removals, now }: Pick<Services, 'removals' | 'now'>,
	who: AuditedBy,
): Pick<AuditedServices, 'removals'> {
	return {
		removals: {
			...removals,
			remove: (url) => removals.remove(url, () => ({ ...who, at: now() })),
		},
	};
}

/** The id of a connect link opens nothing. */
function linkOf({ by }: Parameters<Services['signIns']['add']>[0]): string | undefined {
	if (by === undefined) return undefined;
	return 'connectLinkId' in by ? `link ${by.connectLinkId}` : 'renewal';
}

/** Our code, and Microsoft's number and correlation id where it gave them: what support at Microsoft asks for. */
function detailOf({ code, reference = {} }: SignInFailure): string {
	return [code, reference.code, reference.correlation_id].filter(Boolean).join(' ');
}

/** The names of what an operator changed, without the values: an address to write to is nobody's business here. */
function changedParts({ details, ...change }: SiteChange): string[] {
	const given = Object.entries({ ...change, ...details }).filter(
		([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0),
	);
	return given.map(([name]) => name);
}

/** The name can change hands; tenant and object id cannot. */
function nameOf(account: { signedInAs: string; tenantId: string; objectId: string }): string {
	return `${account.signedInAs} (${account.tenantId}/${account.objectId})`;
}

const REFUSALS: readonly ProblemCode[] = [
	'site_not_registered',
	'mailbox_not_allowed',
	'link_required',
	'link_ended',
	'unknown_link',
	'unknown_sign_in',
	'too_many_requests',
	'invalid_site_key',
];

/** Notes that somebody was refused what they may not have, and refuses it all the same. */
export async function auditRefusals<Result>(
	note: Auditor,
	flow: () => Promise<Result>,
	isWorthNoting: (code: ProblemCode) => boolean,
): Promise<Result> {
	try {
		return await flow();
	} catch (error) {
		if (isProblem(error) && REFUSALS.includes(error.code) && isWorthNoting(error.code)) {
			note({ event: 'refused', detail: error.code });
		}
		throw error;
	}
}

/**
 * Once an hour for each kind and address; what goes beyond the bound of the hour only to be counted, so that no address is
 * kept in mind for it.
 */
export function createRefusalFilter({ auditTrail, now }: Pick<Services, 'auditTrail' | 'now'>) {
	const isFirstOfHour = createFirstOfHour();
	return (code: ProblemCode, clientAddress: ClientAddress): boolean =>
		auditTrail.isFull({ event: 'refused', detail: code }) ||
		isFirstOfHour(`${code} ${clientAddress}`, now());
}
