// Where a process that refreshes a token can be killed, in the order in which it gets there.

export const KILL_POINTS = [
	'lease taken',
	'request sent',
	'answer received',
	'committed',
	'before the reply',
] as const;

export type KillPoint = (typeof KILL_POINTS)[number];
