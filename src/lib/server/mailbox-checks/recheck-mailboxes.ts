// Checks every active mailbox again about weekly, by a real login, so that what was switched off elsewhere is known before the site
// trips over it. Any instance takes what is due; each begins so many a second at most, and of one site few at a time, beside
// the logins that visitors wait for.

import type { Services } from '../app/services.ts';
import { createAllowance } from '../allowance.ts';
import { createDueWork, type DueWork } from '../due-work.ts';
import { CHECK_LIMIT_MS, RECHECK } from '../durations.ts';
import { openAccess, type OpenAccessContext } from '../tokens/open-access.ts';
import type { StoredTokenRef } from '../tokens/stored-token-store.ts';
import { withTimeout } from '../with-timeout.ts';
import { checkMailbox, type CheckMailboxContext } from './check-mailbox.ts';
import { keepResult, verdictOf, type KeepResultContext } from './keep-result.ts';
import { saveSmtpUser } from './run-checks.ts';
import { createSiteSemaphore } from './site-semaphore.ts';

export type RecheckContext = OpenAccessContext &
	CheckMailboxContext &
	KeepResultContext &
	Pick<Services, 'rechecks' | 'log' | 'metrics' | 'auditTrail'>;

/** Three million mailboxes a week. Each is up to three logins. */
const RATE_PER_SECOND = 5;

/** Mail servers that do not answer hold each for half a minute. */
const MAX_UNDER_WAY = 100;

/** Rows of a statement: enough, and none takes long. */
const BATCH = 500;

export function createRechecks(given: RecheckContext): DueWork {
	// Turns of their own: no visitor waits behind a recheck.
	const context = { ...given, siteSemaphore: createSiteSemaphore() };
	const allowance = createAllowance(RATE_PER_SECOND);
	return createDueWork(async (underWay) => {
		const at = context.now();
		const limit = Math.min(allowance.now(at), MAX_UNDER_WAY - underWay.size);
		if (context.recheckDays === 0 || limit < 1) return 'done';
		await context.rechecks.putOffDisabled(at, BATCH);
		const lookAgainAt = new Date(at.getTime() + RECHECK.lookAgainMs);
		const leased = await context.rechecks.leaseDue({ now: at, lookAgainAt, limit });
		allowance.spend(leased.length);
		for (const token of leased) underWay.add(recheckInTime(context, token));
		return leased.length >= limit ? 'more' : 'done';
	});
}

async function recheckInTime(context: RecheckContext, token: StoredTokenRef): Promise<void> {
	await withTimeout(recheckQuietly(context, token), CHECK_LIMIT_MS);
}

/** One that breaks off, for whatever reason, never stops the others; it is due again in an hour. */
async function recheckQuietly(context: RecheckContext, token: StoredTokenRef): Promise<void> {
	try {
		await recheck(context, token);
	} catch (error) {
		const about = { token: token.id, site: token.siteId, err: error };
		context.log.error(about, 'a mailbox could not be checked again');
	}
}

async function recheck(context: RecheckContext, token: StoredTokenRef): Promise<void> {
	const access = await openAccess(context, token);
	const at = context.now();
	// Without a token that lives nothing is learnt of the mailbox; the keep-alive sees to that.
	if (access === undefined || access.accessTokenExpiresAt <= at) return;
	const { checks, smtpUser } = await checkMailbox(context, access);
	await saveSmtpUser(context, token, access.mailbox, smtpUser);
	const changes = await keepResult(context, token, { at, checks });
	const verdicts = Object.values(checks).map(verdictOf);
	for (const verdict of verdicts) context.metrics.mailboxChecked(verdict);
	if (!verdicts.includes('fails') && changes.length === 0) return;
	const { id: storedTokenId, siteId } = token;
	const outcomes = Object.entries(checks).map(([protocol, { status }]) => `${protocol} ${status}`);
	const about = { siteId, storedTokenId, mailbox: access.mailbox };
	context.auditTrail.by({ actor: 'helper' })({
		event: 'check',
		...about,
		detail: outcomes.join(', '),
	});
}
