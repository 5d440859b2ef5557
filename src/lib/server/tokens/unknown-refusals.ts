// A refusal with a number that is not listed is one token's own trouble, as long as it comes from one organisation. From two
// it may be the helper's, and the operator is told, once a day for each number. It holds nobody back.

import { isUnlisted } from '../../domain/aadsts.ts';
import { setNewest } from '../../domain/set-newest.ts';
import type { Log } from '../log.ts';
import type { MicrosoftError } from '../microsoft/microsoft-error.ts';

export type UnknownRefusals = {
	/** Anything but a refusal with such a number is passed over. */
	note(now: Date, tenantId: string, error: MicrosoftError): void;
};

/** Two organisations on one day are a coincidence that is worth a look; weeks apart they are none. */
const TOGETHER_MS = 24 * 60 * 60_000;

/** There are some hundred numbers; beyond this the oldest is forgotten. */
const MAX_NUMBERS = 1_000;

type Seen = { tenantId: string; at: number; alarmedAt: number | undefined };

export function createUnknownRefusals(log: Log): UnknownRefusals {
	const seen = new Map<string, Seen>();
	return {
		note(now, tenantId, { kind, reference }) {
			// Busy servers send numbers too; those pass.
			if (kind === 'throttled' || kind === 'unreachable' || !isUnlisted(reference.code)) return;
			const { code = '' } = reference;
			const at = now.getTime();
			const earlier = seen.get(code);
			if (
				earlier === undefined ||
				earlier.tenantId === tenantId ||
				at - earlier.at >= TOGETHER_MS
			) {
				setNewest(seen, code, { tenantId, at, alarmedAt: earlier?.alarmedAt }, MAX_NUMBERS);
				return;
			}
			if (earlier.alarmedAt !== undefined && at - earlier.alarmedAt < TOGETHER_MS) return;
			earlier.alarmedAt = at;
			log.error(
				{ alarm: 'unknown_refusal', reference },
				`Microsoft refuses tokens of two organisations with ${code}, a number that this helper does not know. It may be the helper's own fault: look it up at https://login.microsoftonline.com/error. Nothing is held up, and each token is kept.`,
			);
		},
	};
}
