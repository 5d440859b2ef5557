// Writes to the operator what only an operator can mend. Each instance looks for what it can see, and any of them sends it.

import type { Services } from '../app/services.ts';
import type { SeenTrouble } from '../database/operator-notices.ts';
import { countUnopenable } from '../tokens/count-by-key.ts';
import { credentialFault } from '../tokens/credential-fault.ts';
import { composeOperatorNotice } from './compose-operator-notice.ts';
import { postMail, tryAgainAt, type PostContext } from './post-mail.ts';
import { DAY_MS } from '../durations.ts';

export type TellOperatorContext = PostContext &
	Pick<
		Services,
		| 'operatorNotices'
		| 'newLeaseOwner'
		| 'circuitBreaker'
		| 'sealedValues'
		| 'vault'
		| 'tokenFigures'
		| 'credentialEnds'
	>;

const LEASE_MS = 5 * 60_000;
/** The keep-alive refreshes within a week. */
const BEHIND_DAYS = 8;
/** Days before, and then that it has ended. */
const NOTICE_DAYS = [0, 1, 7, 30];
const BATCH = 50;

/** What changes within minutes. */
export async function watchCredential(context: TellOperatorContext): Promise<void> {
	const { circuitBreaker, operatorNotices, now } = context;
	const refusal = circuitBreaker.refusal();
	if (refusal === undefined) return;
	const { code = '' } = refusal;
	const details = { reason: credentialFault(refusal), code };
	await operatorNotices.see(
		[{ key: `credential ${code}`, kind: 'credential_refused', details }],
		now(),
	);
}

/** What is counted in days. */
export async function watchSlowly(context: TellOperatorContext): Promise<void> {
	const found = await Promise.allSettled([
		ending(context),
		missingKeys(context),
		keepAliveBehind(context),
	]);
	const seen = found.flatMap((each) => (each.status === 'fulfilled' ? each.value : []));
	await context.operatorNotices.see(seen, context.now());
	// A certificate file that cannot be read must not hide a key that is missing.
	const failed = found.find((each) => each.status === 'rejected');
	if (failed) throw failed.reason;
}

async function ending({ credentialEnds, now }: TellOperatorContext): Promise<SeenTrouble[]> {
	const ends = await credentialEnds();
	if (ends === undefined) return [];
	const left = (ends.at.getTime() - now().getTime()) / DAY_MS;
	const days = NOTICE_DAYS.find((each) => left <= each);
	if (days === undefined) return [];
	const day = ends.at.toISOString().slice(0, 10);
	const kind = ends.kind === 'certificate' ? 'certificate_ends' : 'secret_ends';
	return [{ key: `${ends.kind} ${day} ${days}`, kind, details: { day, days } }];
}

async function missingKeys(context: TellOperatorContext): Promise<SeenTrouble[]> {
	const { byKey } = await countUnopenable(context);
	return Object.entries(byKey).map(([id, count]) => ({
		...{ key: `key ${id}`, kind: 'keys_missing' as const },
		details: { id, count },
	}));
}

async function keepAliveBehind({ tokenFigures, now }: TellOperatorContext): Promise<SeenTrouble[]> {
	const { oldestRefreshAgeSeconds = 0 } = await tokenFigures.read(now());
	const days = Math.floor(oldestRefreshAgeSeconds / 86_400);
	if (days <= BEHIND_DAYS) return [];
	return [{ key: 'keep-alive', kind: 'keep_alive_behind', details: { days } }];
}

/** All that is due, in one mail. */
export async function tellOperator(context: TellOperatorContext): Promise<void> {
	const operator = context.noticeSettings?.operator;
	if (operator === undefined) return;
	const now = context.now();
	const leaseOwner = context.newLeaseOwner();
	const leaseUntil = new Date(now.getTime() + LEASE_MS);
	const [first, ...others] = await context.operatorNotices.leaseDue({
		...{ leaseOwner, now, leaseUntil },
		limit: BATCH,
	});
	if (first === undefined) return;
	const mail = composeOperatorNotice(context.helperName, context.origin, [first, ...others]);
	const posted = await postMail(context, operator, mail);
	// An address that is refused for good stays refused: it is in the log and among the figures.
	if (posted.kind === 'sent' || posted.kind === 'refused') {
		await context.operatorNotices.saveTold(leaseOwner, now);
	} else {
		const until = posted.kind === 'later' ? posted.at : tryAgainAt(now, first.tries);
		await context.operatorNotices.putOff(leaseOwner, until);
	}
}
