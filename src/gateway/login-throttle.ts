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
	network: string;
	isGone(): boolean;
};

type Answer = Resolved | { kind: 'turned_away' };

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
			if (answer.kind !== 'unavailable') known.add(pair, [attempt.network]);
		}
		return answer;
	}

	/** Repeats that come meanwhile get the same answer, and the place is theirs too. */
	function askInTurn(attempt: LoginAttempt): Promise<Answer> {
		const attempts = [attempt];
		const answer = new Promise<Answer>((resolve, reject) => {
			queue.wait({
				network: attempt.network,
				mailbox: attempt.mailbox,
				dueAt: () => dueAt({ known, guesses }, attempt),
				isGone: () => attempts.every(({ isGone }) => isGone()),
				onTurn: () => void askAndCount(attempt).then(resolve, reject),
				onTurnedAway() {
					onGuess('turned_away');
					resolve({ kind: 'turned_away' });
				},
			});
		});
		return share(attempts, pairOf(attempt), answer);
	}

	return {
		waiting: queue.length,
		async ask(attempt) {
			const running = join(attempt);
			if (running) return running;
			const pair = pairOf(attempt);
			if (known.has(pair)) return share([attempt], pair, askAndCount(attempt));
			if (!guesses.has(pair)) return askInTurn(attempt);
			if (guesses.ageMs(pair) >= ASK_AGAIN_MS && queue.mayPass()) {
				return share([attempt], pair, askAndCount(attempt));
			}
			onGuess('repeated');
			return { kind: 'unknown' };
		},
	};
}

/** A question that is under way is the answer of all who ask the same meanwhile. */
function shareQuestions() {
	const running = new Map<string, { attempts: LoginAttempt[]; answer: Promise<Answer> }>();
	return {
		join(attempt: LoginAttempt): Promise<Answer> | undefined {
			const same = running.get(pairOf(attempt));
			same?.attempts.push(attempt);
			return same?.answer;
		},
		/** `attempts` grows with those who join. */
		share(attempts: LoginAttempt[], pair: string, answer: Promise<Answer>): Promise<Answer> {
			const shared = answer.finally(() => running.delete(pair));
			running.set(pair, { attempts, answer: shared });
			return shared;
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

function pairOf({ network, identifier }: LoginAttempt): string {
	return `${network} ${identifier}`;
}

/** Never by mailbox alone: a guesser elsewhere would lock out its owner. */
function keysOf({ network, mailbox }: LoginAttempt): [address: string, mailbox: string] {
	return [network, `${network} ${mailbox}`];
}

/** `beyond` counts from 0, the first that waits. */
function waitAfter(beyond: number): number {
	return beyond < 0 ? 0 : Math.min(FIRST_WAIT_MS * 2 ** beyond, MAX_WAIT_MS);
}
