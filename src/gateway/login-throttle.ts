// Slows guessing without locking anybody out. A login is known if its identifier worked lately at the same client
// address; it is never held up. Every other one could be a guess: it is counted before the helper is asked, and taken
// back unless the helper does not know the identifier. The same wrong identifier repeated is one guess, and waits in
// nobody's way. Why it is so: docs/decisions/007-mail-gateway.md.

import type { AskHelper, Resolved } from './ask-helper.ts';
import { createNewcomerQueue, type Clock } from './newcomer-queue.ts';
import { createRecentPairs, type RecentPairs } from './recent-pairs.ts';

export type LoginAttempt = {
	identifier: string;
	mailbox: string;
	/** The client's IPv4 address, or the /64 of its IPv6 address. */
	clientAddress: string;
	/** Aborted when the client leaves. */
	left: AbortSignal;
};

type Answer = Resolved | { kind: 'turned_away' } | { kind: 'left' };

export type Guess = 'wrong' | 'repeated' | 'turned_away';

export type LoginThrottle = {
	/** The helper's answer once it is the attempt's turn, or what was answered lately. */
	ask(attempt: LoginAttempt): Promise<Answer>;
	waiting(): number;
};

export type LoginThrottleOptions = {
	askHelper: AskHelper;
	clock: Clock;
	/** How many questions a second the helper grants; 0 is no limit. */
	resolvesPerSecond: number;
	onGuess: (guess: Guess) => void;
};

/** A mail program asks at least daily. */
const KNOWN = { lifetimeMs: 24 * 3_600_000, max: 50_000 };
/** More than the newcomers' share lets through in a quarter of an hour, the first ten minutes included. */
const GUESSES = { lifetimeMs: 15 * 60_000, max: 100_000 };
/** A repeated wrong identifier is asked about that often at most: a restored database may know it again. */
const ASK_AGAIN_MS = 60_000;
/** An old identifier here and there is no attack. */
const FREE_PER_MAILBOX = 3;
const FREE_PER_ADDRESS = 20;
/** Behind an address with many mailboxes more are revoked: one in ten is no attack. */
const KNOWN_PER_FREE = 10;
const FIRST_WAIT_MS = 500;
const MAX_WAIT_MS = 15_000;

export function createLoginThrottle(options: LoginThrottleOptions): LoginThrottle {
	const { askHelper, clock, onGuess } = options;
	const known = createRecentPairs(clock.now, KNOWN);
	/** Those that the helper did not know, and those that it is being asked. */
	const guesses = createRecentPairs(clock.now, GUESSES);
	const queue = createNewcomerQueue(clock, options.resolvesPerSecond);
	const { join, share } = shareQuestions();

	async function askAndCount(attempt: LoginAttempt): Promise<Resolved> {
		const pair = pairOf(attempt);
		if (!known.has(pair)) guesses.add(pair, keysOf(attempt));
		const answer = await askHelper(attempt.identifier);
		if (answer.kind === 'unknown') {
			known.remove(pair);
			guesses.add(pair, keysOf(attempt));
			onGuess('wrong');
		} else {
			guesses.remove(pair);
			if (answer.kind !== 'unavailable') known.add(pair, [attempt.clientAddress]);
		}
		return answer;
	}

	function askInTurn(attempt: LoginAttempt, isWanted: () => boolean): Promise<Answer> {
		return new Promise<Answer>((resolve, reject) => {
			queue.wait({
				clientAddress: attempt.clientAddress,
				mailbox: attempt.mailbox,
				dueAt: () => dueAt({ known, guesses }, attempt),
				isGone: () => !isWanted(),
				onTurn: () => void askAndCount(attempt).then(resolve, reject),
				onGone: () => resolve({ kind: 'left' }),
				onTurnedAway() {
					onGuess('turned_away');
					resolve({ kind: 'turned_away' });
				},
			});
		});
	}

	return {
		waiting: queue.length,
		async ask(attempt) {
			const running = join(attempt);
			if (running) return running;
			const pair = pairOf(attempt);
			if (known.has(pair)) return share(attempt, () => askAndCount(attempt));
			if (!guesses.has(pair)) return share(attempt, (isWanted) => askInTurn(attempt, isWanted));
			if (guesses.ageMs(pair) >= ASK_AGAIN_MS && queue.tryPass()) {
				return share(attempt, () => askAndCount(attempt));
			}
			onGuess('repeated');
			return { kind: 'unknown' };
		},
	};
}

/**
 * A question that is under way is the answer of all who ask the same meanwhile; its place is theirs too. Nothing is kept
 * of whoever leaves: thousands that come and go while the helper is silent would fill the memory.
 */
function shareQuestions() {
	type Settle = (answer: Promise<Answer>) => void;
	const running = new Map<string, Set<Settle>>();

	function wait(waiters: Set<Settle>, left: AbortSignal): Promise<Answer> {
		return new Promise((resolve) => {
			const settle: Settle = (answer) => {
				left.removeEventListener('abort', leave);
				resolve(answer);
			};
			const leave = () => {
				waiters.delete(settle);
				resolve({ kind: 'left' });
			};
			if (left.aborted) return leave();
			left.addEventListener('abort', leave);
			waiters.add(settle);
		});
	}

	return {
		join(attempt: LoginAttempt): Promise<Answer> | undefined {
			const waiters = running.get(pairOf(attempt));
			return waiters && wait(waiters, attempt.left);
		},
		/** `isWanted`: somebody still waits for the answer. */
		share(
			attempt: LoginAttempt,
			ask: (isWanted: () => boolean) => Promise<Answer>,
		): Promise<Answer> {
			const pair = pairOf(attempt);
			const waiters = new Set<Settle>();
			running.set(pair, waiters);
			const settled = wait(waiters, attempt.left);
			const answer = ask(() => waiters.size > 0);
			const settleAll = () => {
				running.delete(pair);
				for (const settle of waiters) settle(answer);
			};
			answer.then(settleAll, settleAll);
			return settled;
		},
	};
}

function dueAt(
	{ known, guesses }: { known: RecentPairs; guesses: RecentPairs },
	attempt: LoginAttempt,
): number {
	const [address, mailbox] = keysOf(attempt);
	const freePerAddress = FREE_PER_ADDRESS + Math.floor(known.count(address) / KNOWN_PER_FREE);
	return Math.max(
		guesses.lastAt(address) + waitAfter(guesses.count(address) - freePerAddress),
		guesses.lastAt(mailbox) + waitAfter(guesses.count(mailbox) - FREE_PER_MAILBOX),
	);
}

function pairOf({ clientAddress, identifier }: LoginAttempt): string {
	return `${clientAddress} ${identifier}`;
}

/** Never by mailbox alone: a guesser elsewhere would lock out its owner. */
function keysOf({ clientAddress, mailbox }: LoginAttempt): [address: string, mailbox: string] {
	return [clientAddress, `${clientAddress} ${mailbox}`];
}

/** `beyond` counts from 0, the first that waits. */
function waitAfter(beyond: number): number {
	return beyond < 0 ? 0 : Math.min(FIRST_WAIT_MS * 2 ** beyond, MAX_WAIT_MS);
}
