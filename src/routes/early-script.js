// Runs in the head of every page (`app.html`), before the page's script is there.

{
	const { dataset } = document.documentElement;
	const answer = new URLSearchParams(location.hash.slice(1));
	const isAnswer = answer.has('state') && (answer.has('code') || answer.has('error'));
	if (isAnswer) dataset.returning = '';
	keepWhatIsMissed();
	keepSelections();
	postCode();

	/** What somebody does meanwhile is dispatched again once somebody listens. */
	function keepWhatIsMissed() {
		/** @type {Event[]} */
		const missed = [];
		/** @param {Event} event */
		const keep = (event) => {
			event.preventDefault();
			missed.push(event);
		};
		const types = ['submit', 'input', 'toggle'];
		for (const type of types) addEventListener(type, keep, true);
		addEventListener('alive', () => {
			for (const type of types) removeEventListener(type, keep, true);
			for (const { type, target, bubbles } of missed)
				target?.dispatchEvent(new Event(type, { bubbles, cancelable: true }));
		});
	}

	/** Svelte takes the values that the server filled in out of the markup. Only one that was set since stays untouched then. */
	function keepSelections() {
		addEventListener('focusin', ({ target }) => {
			if (!(target instanceof HTMLInputElement)) return;
			const { value } = target;
			target.value = value;
		});
	}

	/** Else it would wait for the page's script. What there is to check of the answer is checked here and by the server. */
	function postCode() {
		const code = answer.get('code');
		const state = answer.get('state') ?? '';
		const [, signIn] = /^[^|]+[|]([\w-]+)$/.exec(state) ?? [];
		if (code === null || signIn === undefined) return;
		try {
			if (JSON.parse(noted('.request.params')).state !== state) return;
			const body = new URLSearchParams({ code, code_verifier: noted('.code.verifier') });
			const answered = fetch(`/api/sign-ins/${signIn}/code`, { method: 'POST', body });
			answered.catch(() => undefined);
			globalThis.earlyPost = { signIn, answered };
			// A lock is granted only once the page is parsed, so this post does not wait for it; later posts wait for this one. If
			// another tab's post replaces the session cookie meanwhile, this one is refused, and the page's script posts again.
			navigator.locks.request('mailkey-code', () => answered).catch(() => undefined);
		} catch {
			// Nothing is noted here, or otherwise than expected: the page's script goes the long way.
		}
	}

	/**
	 * By msal-browser, for the time between leaving and the return.
	 *
	 * @param {string} name what the name of the item ends with
	 */
	function noted(name) {
		const [key = ''] = Object.keys(sessionStorage).filter((key) => key.endsWith(name));
		return atob(sessionStorage.getItem(key) ?? '');
	}
}
