// How a state looks: its sign, and the tone of what stands around it (`tone-…` in `app.css`).

import type { MailboxState } from '../domain/mailbox-state.ts';
import type { OwnMailboxState } from '../domain/own-mailbox.ts';

/** Green where it works, and nowhere else. */
export type Tone = 'success' | 'accent' | 'warning' | 'fault';

type Look = { sign: 'tick' | 'dash' | 'warning' | 'cross' | 'spinner'; tone: Tone };

export const LOOKS: Readonly<Record<MailboxState | OwnMailboxState, Look>> = {
	checking: { sign: 'spinner', tone: 'accent' },
	not_checked: { sign: 'dash', tone: 'accent' },
	not_known: { sign: 'warning', tone: 'warning' },
	not_used: { sign: 'tick', tone: 'success' },
	works: { sign: 'tick', tone: 'success' },
	only_pop_fails: { sign: 'tick', tone: 'accent' },
	needs_sign_in: { sign: 'warning', tone: 'warning' },
	sending_fails: { sign: 'warning', tone: 'warning' },
	partly: { sign: 'warning', tone: 'warning' },
	fails: { sign: 'cross', tone: 'fault' },
};
