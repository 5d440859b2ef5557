// The logins that a client keeps, and the questions that are under way for them: callers with the same question share one
// request. What was forgotten meanwhile, or is older than a fresh question, is not kept.

import type { Login } from './client.ts';

export type KeptLogins = {
	find(identifier: string): Login | undefined;
	/** A fresh one drops what was kept first, and joins no question that is not. */
	ask(
		identifier: string,
		question: { minTtlSeconds: number; fresh: boolean },
		request: () => Promise<Login>,
	): Promise<Login>;
	forget(identifier: string): void;
};

type Asking = { answer: Promise<Login>; fresh: boolean };

export function createKeptLogins(max: number): KeptLogins {
	/** Most recently answered last. */
	const kept = new Map<string, Login>();
	/** By identifier, then by how long the token must live. */
	const asking = new Map<string, Map<number, Asking>>();

	function keep(identifier: string, login: Login): void {
		kept.delete(identifier);
		kept.set(identifier, login);
		const [oldest] = kept.keys();
		if (kept.size > max && oldest !== undefined) kept.delete(oldest);
	}

	function forget(identifier: string): void {
		kept.delete(identifier);
		asking.delete(identifier);
	}

	return {
		find: (identifier) => kept.get(identifier),
		forget,
		ask(identifier, { minTtlSeconds, fresh }, request) {
			const running = asking.get(identifier)?.get(minTtlSeconds);
			if (running && (running.fresh || !fresh)) return running.answer;
			if (fresh) forget(identifier);
			const questions = asking.get(identifier) ?? new Map<number, Asking>();
			asking.set(identifier, questions);
			/** Not forgotten while it was under way. */
			const isWanted = () => asking.get(identifier) === questions;
			const answer = request()
				.then((login) => {
					if (isWanted()) keep(identifier, login);
					return login;
				})
				.finally(() => {
					questions.delete(minTtlSeconds);
					if (questions.size === 0 && isWanted()) asking.delete(identifier);
				});
			questions.set(minTtlSeconds, { answer, fresh });
			return answer;
		},
	};
}
