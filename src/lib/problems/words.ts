// The four things that each problem's words say.

import type { Who } from '../domain/problem.ts';

export type Words = {
	who: Who;
	title: string;
	explanation: string;
	next_step: string;
};
