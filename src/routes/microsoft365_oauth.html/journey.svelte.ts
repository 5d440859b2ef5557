// What the page goes through: from the button to Microsoft, back with an answer, and to the end of the sign-in
// that the server reports. The page itself only shows it.

import { tick } from 'svelte';
import { recallApproval } from '$lib/browser/approvals';
import type { SignInAs } from '$lib/browser/microsoft';
import { pollSignIn } from '$lib/browser/poll';
import { readReturnFragment, type ReturnFragment } from '$lib/browser/return-fragment';
import { beginSignIn, confirm, fetchStatus, refuse, revoke } from '$lib/browser/sign-ins';
import { finishVisit } from '$lib/browser/visits';
import type { SignInId, SignInStatus, StartedSignIn } from '$lib/domain/sign-in';
import { explainReturn, type ReturnProblem } from '$lib/problems/return-problems';
import type { PageWords } from '$lib/words/page-words';
import { checkEntries } from './check-entries';
import type { PageData } from './$types';

export class Journey {
	site = $state('');
	email = $state('');
	status = $state<SignInStatus>({ status: 'none' });
	activity = $state<'idle' | 'leaving' | 'finishing' | 'unreachable'>('idle');
	returnProblem = $state<ReturnProblem>();
	fieldFaults = $state<Record<string, string>>({});
	generalFault = $state<string>();
	/** And was not merely opened again. */
	hasJustConnected = $state(false);
	spoken = $state('');
	/** What the status says stands in a panel's heading too: then it is for screen readers alone. */
	saysHeadline = $state(false);
	/** Which sign-in the page shows: the one that came back, or this browser's newest. */
	shown = $state<SignInId | 'current'>('current');
	#polling = new AbortController();
	/** Microsoft's answer is being handed on. Another sign-in waits for it: msal-browser keeps one at a time. */
	#handingOn: Promise<void> = Promise.resolve();
	readonly #microsoft: PageData['settings']['microsoft'];
	readonly #data: PageData;
	readonly #words: PageWords;
	readonly #view: { focusFaults: () => void; focusHeading: () => void };

	/** The server's data fills the page once; from then on the visitor's entries and the poll are newer. */
	constructor(data: PageData, view: { focusFaults: () => void; focusHeading: () => void }) {
		this.site = data.site;
		this.email = data.email;
		this.status = data.status;
		this.#data = data;
		this.#words = data.words;
		this.#microsoft = data.settings.microsoft;
		this.#view = view;
	}

	/** In the browser; answers what ends it. */
	start(): () => void {
		const returned = readReturnFragment(location.hash);
		if (returned) void this.#finish(returned);
		else if (this.#data.approval !== undefined) void this.#showApproval();
		else if (this.status.status === 'exchanging' || this.status.status === 'confirm') {
			void this.#poll('current');
		} else if (this.#data.isLate) void this.#catchUp();
		const onShow = (event: PageTransitionEvent) => {
			// Back from Microsoft out of the browser's page cache: the page is as it was when it left.
			if (!event.persisted) return;
			this.activity = 'idle';
			this.say('');
		};
		addEventListener('pageshow', onShow);
		return () => {
			removeEventListener('pageshow', onShow);
			this.#polling.abort();
		};
	}

	async submit(as: SignInAs = 'mailbox'): Promise<void> {
		if (this.activity === 'leaving') return;
		if (!this.#validate()) return this.#showFaults();
		this.activity = 'leaving';
		this.#polling.abort();
		this.say(this.#words.say_leaving({}));
		await this.#handingOn;
		const result = await beginSignIn(this.site, this.email);
		if (result.kind === 'started') return this.#leave(result.signIn, as);
		this.activity = 'idle';
		this.say('');
		if (result.kind === 'refused') this.fieldFaults = { ...result.fields };
		else this.generalFault = result.message ?? this.#words.say_no_way_to_server({});
		await this.#showFaults();
	}

	/** From `confirm`, for the mailbox that it stands at, whatever the fields hold by now. */
	async signInInstead(as: SignInAs): Promise<void> {
		if (this.status.status !== 'confirm') return;
		this.site = this.status.site;
		this.email = this.status.email;
		await this.submit(as);
	}

	async useAccount(): Promise<void> {
		if (this.activity !== 'idle') return;
		this.activity = 'finishing';
		const saying = this.#words.say_trying_mailbox({});
		this.say(saying);
		if (await confirm(this.shown)) return this.#poll(this.shown, saying);
		this.activity = 'idle';
		this.say(this.#words.say_not_now({}));
	}

	async revoke(): Promise<void> {
		if (await revoke(this.shown)) return this.#poll(this.shown);
		this.say(this.#words.say_not_now({}));
	}

	checkAgain(): void {
		void this.#poll(this.shown);
	}

	say(text: string, kind: 'headline' | 'message' = 'message'): void {
		this.spoken = text;
		this.saysHeadline = kind === 'headline';
	}

	#validate(): boolean {
		const { entries, faults } = checkEntries(this, this.#words);
		this.site = entries.site;
		this.email = entries.email;
		this.fieldFaults = faults;
		this.generalFault = undefined;
		return Object.keys(faults).length === 0;
	}

	async #showFaults(): Promise<void> {
		await tick();
		this.#view.focusFaults();
	}

	async #leave(signIn: StartedSignIn, as: SignInAs): Promise<void> {
		try {
			const { startRedirect } = await import('$lib/browser/microsoft');
			await startRedirect(this.#microsoft, signIn, as);
		} catch {
			// The script did not load, or the browser refused to go: nothing has happened yet.
			this.activity = 'idle';
			this.say('');
			this.generalFault = this.#words.say_no_way_to_microsoft({});
			await this.#showFaults();
		}
	}

	/** The state must not stay in the address; a reload shows the plain page, filled as ever. */
	async #showApproval(): Promise<void> {
		const entered = recallApproval(new URLSearchParams(location.search).get('state') ?? '');
		if (entered) {
			this.site = entered.site;
			this.email = entered.email;
		}
		await this.#clearAddress(location.pathname);
		this.say(this.#data.approval?.title ?? '', 'headline');
	}

	async #clearAddress(path: string): Promise<void> {
		await tick();
		// Not SvelteKit's own: that one would have the page's title read out, beside what the status says.
		history.replaceState(history.state, '', path);
		this.#view.focusHeading();
	}

	async #finish({ fragment, signInId, visitId }: ReturnFragment): Promise<void> {
		this.activity = 'finishing';
		this.say(this.#words.say_finishing({}));
		// The code must not stay in the address, nor in the history.
		await this.#clearAddress(location.pathname + location.search);
		if (visitId !== undefined) return finishVisit(this.#microsoft, visitId, fragment);
		if (signInId === undefined) return this.#stop('not_begun_here');
		this.#handingOn = this.#handOn(signInId, fragment);
		await this.#handingOn;
		// Someone who could not wait has pressed the button again.
		if (!this.#polling.signal.aborted) await this.#poll(signInId);
	}

	async #handOn(signInId: SignInId, fragment: string): Promise<void> {
		try {
			const { finishRedirect } = await import('$lib/browser/microsoft');
			const outcome = await finishRedirect(
				this.#microsoft,
				`/api/sign-ins/${signInId}/code`,
				fragment,
			);
			if (outcome.kind === 'refused') await refuse(signInId, outcome);
		} catch {
			// Whatever broke here, the sign-in's status says how far it came.
		}
	}

	/** The server did not know in time what stands here. What was typed meanwhile stays. */
	async #catchUp(): Promise<void> {
		const { signal } = this.#polling;
		const result = await fetchStatus('current', signal);
		if (signal.aborted || result.kind !== 'status' || result.status.status === 'none') return;
		if (this.site === '' && this.email === '') {
			this.site = result.status.site;
			this.email = result.status.email;
		}
		if (result.status.status === 'exchanging') return this.#poll('current');
		this.status = result.status;
	}

	async #poll(
		selector: SignInId | 'current',
		saying = this.#words.say_finishing({}),
	): Promise<void> {
		this.shown = selector;
		this.activity = 'finishing';
		this.say(saying);
		this.#polling.abort();
		this.#polling = new AbortController();
		const { signal } = this.#polling;
		const result = await pollSignIn(selector, signal);
		if (signal.aborted) return;
		if (result.kind === 'unreachable') {
			this.activity = 'unreachable';
			this.say(this.#words.say_no_answer({}));
			return;
		}
		if (result.kind === 'unknown') return this.#stop('not_this_browser');
		this.#show(result.status);
	}

	#show(next: SignInStatus): void {
		this.status = next;
		if (next.status !== 'none') {
			this.site = next.site;
			this.email = next.email;
		}
		if (next.status === 'started' || next.status === 'none') return this.#stop('not_begun_here');
		this.activity = 'idle';
		this.hasJustConnected = next.status === 'ready';
		if (next.status === 'ready') {
			this.say(this.#words.say_connected({}), 'headline');
		}
		if (next.status === 'failed') this.say(next.problem.title, 'headline');
		if (next.status === 'confirm') {
			if (next.checks) this.say(this.#words.say_not_with_this_account({}));
			else this.say(this.#words.confirm_title({}), 'headline');
		}
	}

	#stop(problem: ReturnProblem): void {
		this.returnProblem = problem;
		this.activity = 'idle';
		this.say(explainReturn(problem, this.#words).title, 'headline');
	}
}
