// The four things that each problem's words say, and what they may name.

import type { Who } from '../domain/problem.ts';

export type Words = { who: Who; title: string; explanation: string; next_step: string };

export type ProblemSubject = { site: string; mailbox: string; signedInAs?: string | undefined };
