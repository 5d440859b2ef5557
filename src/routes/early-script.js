// Runs in the head of every page (`app.html`), before the page's script is there.

{
	const { dataset } = document.documentElement;
	const answer = new URLSearchParams(location.hash.slice(1));
	const isAnswer = answer.has('state') && (answer.has('code') || answer.has('error'));
	if (isAnswer) dataset.returning = '';
	keepEarlyEvents();
	keepSelections();
	postCode();
	// After the post: what the markup itself preloads, the browser would ask for before it runs this.
	preloadFiles();

	/** Keeps events until the page's script listens, and dispatches them again. */
	function keepEarlyEvents() {
		/** @type {Event[]} */
		const missed = [];
		/** @param {Event} event */
		const keep = (event) => {
			event.preventDefault();
			missed.push(event);
			if (event.type === 'submit') dataset.pressed = '';
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
			const controller = new AbortController();
			const { signal } = controller;
			const answered = fetch(`/api/sign-ins/${signIn}/code`, { method: 'POST', body, signal }).then(
				async (response) => (response.ok ? (await response.json()).sign_in_status : undefined),
			);
			const id = /** @type {import('../lib/domain/sign-in.ts').SignInId} */ (signIn);
			globalThis.earlyPost = { signIn: id, answered, abort: () => controller.abort() };
			answered.then(finish).catch(() => undefined);
			// A lock is granted only once the page is parsed, so this post does not wait for it; later posts wait for this one. If
			// another tab's post replaces the session cookie meanwhile, this one is refused, and the page's script posts again.
			navigator.locks.request('mailkey-code', () => answered).catch(() => undefined);
		} catch {
			// Nothing is noted here, or otherwise than expected: the page's script goes the long way.
		}
	}

	/** @param {import('../lib/domain/sign-in.ts').SignInStatus | undefined} status */
	function finish(status) {
		if (status === undefined) return;
		forgetRedirect();
		const isShownHere = status.status === 'ready' && status.site_name === undefined;
		if (isShownHere && dataset.alive === undefined) show(status);
	}

	/**
	 * In the skeleton of the result, which the page's script puts the whole result in the place of.
	 *
	 * @param {import('../lib/domain/sign-in.ts').ReadySignIn} signIn
	 */
	function show(signIn) {
		/** @type {HTMLElement | null} */
		const place = document.querySelector('[data-identifier-label]');
		if (!place || !globalThis.earlyPost) return;
		// The code must not stay in the address, nor in the history.
		history.replaceState(history.state, '', location.pathname + location.search);
		globalThis.earlyPost.shown = signIn;
		const { identifierLabel: name = '', copyLabel = '' } = place.dataset;
		const label = Object.assign(document.createElement('label'), {
			htmlFor: 'identifier',
			textContent: name,
		});
		const text = { value: signIn.identifier, readOnly: true, rows: 1, dir: 'ltr' };
		const box = Object.assign(document.createElement('textarea'), { id: 'identifier', ...text });
		box.addEventListener('focus', () => box.select());
		const button = Object.assign(document.createElement('button'), {
			id: 'copy-identifier',
			type: 'button',
			className: 'secondary',
			textContent: copyLabel,
		});
		button.addEventListener('click', () => copy(signIn.identifier));
		place.append(label, box, button);
		document.querySelector('h1')?.focus();
	}

	/** @param {string} identifier */
	function copy(identifier) {
		if (!globalThis.earlyPost) return;
		const written = navigator.clipboard?.writeText(identifier) ?? Promise.reject();
		globalThis.earlyPost.copied = written.then(
			() => true,
			() => false,
		);
	}

	/** What msal-browser noted. As in `lib/browser/microsoft.ts`: this script can import nothing. */
	function forgetRedirect() {
		for (const storage of [sessionStorage, localStorage]) {
			for (const key of Object.keys(storage)) if (key.startsWith('msal.')) storage.removeItem(key);
		}
	}

	/** `routes/preload.ts` */
	function preloadFiles() {
		/** @type {NodeListOf<HTMLLinkElement>} */
		const links = document.querySelectorAll('link[data-rel]');
		for (const link of links) link.rel = link.dataset['rel'] ?? '';
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
