// Where logins wait that the gateway does not know. Together they get a small part of the rate that the helper grants,
// so that guessing cannot use up what mail programs need; and they go in turn by address, so that an address that
// sends thousands is served no more often than one that sends a single one.

export type Clock = {
	/** Milliseconds; only goes forward. */
	now(): number;
	after(ms: number, run: () => void): void;
};

export type Newcomer = {
	clientAddress: string;
	mailbox: string;
	/** Not before then: too many guesses came before it. */
	dueAt(): number;
	isGone(): boolean;
	onTurn(): void;
	onGone(): void;
	/** It waited too long, or too many wait already. */
	onTurnedAway(): void;
};

export type NewcomerQueue = {
	wait(newcomer: Newcomer): void;
	/** True when it may go at once, without a place in the queue; it is taken from the budget. */
	tryPass(): boolean;
	length(): number;
};

/** The part of the rate for newcomers. After a start everybody is one, hence the other part for ten minutes. */
const SHARE = 0.05;
const SHARE_AT_START = 0.5;
const START_MS = 10 * 60_000;
/** With the helper's 35 seconds and the mail server's 30 it stays within the two minutes that a login may take. */
const MAX_WAIT_MS = 45_000;
/** A person has a handful of programs. */
const MAX_WAITING_PER_MAILBOX = 5;
/** Nobody notices it, and a full queue is looked through in a few milliseconds. */
const TICK_MS = 50;

type Queues = Map<string, { newcomer: Newcomer; until: number }[]>;

/** `resolvesPerSecond` 0 is no limit. */
export function createNewcomerQueue(clock: Clock, resolvesPerSecond: number): NewcomerQueue {
	/** By address, the one whose turn it is first; each with its newcomers in the order in which they came. */
	const queues: Queues = new Map();
	const budget = createBudget(clock, resolvesPerSecond);
	/** Somebody's time has come, and there is no budget: nobody may pass the queue. */
	let isShort = false;

	function tick(): void {
		dropThoseWhoLeave(queues, clock.now());
		while (budget.has()) {
			const next = takeNext(queues, clock.now());
			if (next === undefined) break;
			budget.take();
			next.onTurn();
		}
		isShort = !budget.has() && isSomebodyDue(queues, clock.now());
		if (queues.size > 0) clock.after(TICK_MS, tick);
	}

	function tryPass(): boolean {
		if (isShort || !budget.has()) return false;
		budget.take();
		return true;
	}

	return {
		tryPass,
		wait(newcomer) {
			const isDue = newcomer.dueAt() <= clock.now();
			if (isDue && tryPass()) return newcomer.onTurn();
			const waiting = queues.get(newcomer.clientAddress) ?? [];
			const same = waiting.filter((other) => other.newcomer.mailbox === newcomer.mailbox);
			if (same.length >= MAX_WAITING_PER_MAILBOX) return newcomer.onTurnedAway();
			if (queues.size === 0) clock.after(TICK_MS, tick);
			waiting.push({ newcomer, until: clock.now() + MAX_WAIT_MS });
			queues.set(newcomer.clientAddress, waiting);
			isShort ||= isDue;
		},
		length: () => [...queues.values()].reduce((sum, waiting) => sum + waiting.length, 0),
	};
}

/** The next one whose time has come; its address is then the last. */
function takeNext(queues: Queues, now: number): Newcomer | undefined {
	for (const [clientAddress, waiting] of queues) {
		const index = waiting.findIndex(({ newcomer }) => newcomer.dueAt() <= now);
		const [next] = index < 0 ? [] : waiting.splice(index, 1);
		if (next === undefined) continue;
		queues.delete(clientAddress);
		if (waiting.length > 0) queues.set(clientAddress, waiting);
		return next.newcomer;
	}
	return undefined;
}

function isSomebodyDue(queues: Queues, now: number): boolean {
	return [...queues.values()].some((waiting) =>
		waiting.some(({ newcomer }) => newcomer.dueAt() <= now),
	);
}

function dropThoseWhoLeave(queues: Queues, now: number): void {
	for (const [clientAddress, waiting] of queues) {
		const staying = waiting.filter(({ newcomer, until }) => {
			if (newcomer.isGone()) newcomer.onGone();
			else if (until <= now) newcomer.onTurnedAway();
			else return true;
			return false;
		});
		if (staying.length > 0) queues.set(clientAddress, staying);
		else queues.delete(clientAddress);
	}
}

/** A bucket that holds what a second brings. */
function createBudget(clock: Clock, resolvesPerSecond: number) {
	const startedAt = clock.now();
	let left = Infinity;
	let at = startedAt;

	function refill(): void {
		if (resolvesPerSecond === 0) return;
		const now = clock.now();
		const isStart = now - startedAt < START_MS;
		const perSecond = resolvesPerSecond * (isStart ? SHARE_AT_START : SHARE);
		left = Math.min(Math.max(1, perSecond), left + ((now - at) * perSecond) / 1000);
		at = now;
	}

	return {
		has() {
			refill();
			return left >= 1;
		},
		take: () => void (left -= 1),
	};
}
