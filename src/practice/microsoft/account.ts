// One account at the practice Microsoft: who it is, and what choosing it leads to.

import type { PracticeMailbox } from '../mail/accounts.ts';

// What choosing the account leads to. `refused` ends like a refusal at Microsoft: back to the application with
// the `error` and AADSTS number in the fragment.
type PracticeOutcome =
	| { kind: 'signs_in'; withheldRights?: readonly string[] }
	| { kind: 'refused'; error: string; aadsts: number; description: string }
	// A page of Microsoft's own until an administrator has approved; turning back there is `access_denied`.
	| { kind: 'needs_approval' }
	// The code is given out, and the token endpoint says no.
	| { kind: 'refused_at_token'; error: string; aadsts: number; description: string };

export type PracticeAccount = {
	username: string;
	name: string;
	tenantId: string;
	objectId: string;
	// One line on the sign-in page.
	whatHappens: string;
	outcome: PracticeOutcome;
	// The usual one if nothing is said.
	mailbox?: PracticeMailbox;
};
