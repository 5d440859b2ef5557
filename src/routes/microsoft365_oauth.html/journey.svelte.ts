// What the page goes through: from the button to Microsoft, back with an answer, and to the end of the sign-in
// that the server reports. The page itself only shows it.

import { tick } from 'svelte';
import type { SignInAs } from '$lib/browser/microsoft';
import { COPIED } from '$lib/browser/copy';
import { earlyStatus, takeEarlyResult, type EarlyResult } from '$lib/browser/early-post';
import { readReturnFragment, type ReturnFragment } from '$lib/browser/return-fragment';
import { beginSignIn, type Start } from '$lib/browser/sign-ins';
import { LiveRegion } from '$lib/browser/live-region.svelte';
import type { SignInId, SignInStatus, StartedSignIn } from '$lib/domain/sign-in';
import type { ReturnProblem } from '$lib/problems/return-problems';
import { fetchEnding, type Ending } from './ending';
import { fetchEntryParts, type EntryParts } from './entry-parts';
import { leaveForMicrosoft, prepareToLeave } from './leave-for-microsoft';
import type { PageData } from './$types';

/** A code is posted again and again; by then somebody has waited long enough to be told why. */
const ASK_AFTER_MS = 6_000;

type View = {
	focusFaults: () => void;
	focusHeading: () => void;
	/** Shows what is known of entries that the server did not fill in. */
	followEntries: () => void;
};

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
	/** The approval link that it is about was made in this browser. */
	isOwnApproval = $state(false);
	ending = $state.raw<Ending>();
	/** Not there yet while nothing is entered. */
	entryParts = $state.raw<EntryParts>();
	readonly liveRegion = new LiveRegion();
	/** Which sign-in the page shows: the one that came back, or this browser's newest. */
	shown = $state<SignInId | 'current'>('current');
	#polling = new AbortController();
	/** Microsoft's answer is being handed on. Another sign-in waits for it: msal-browser keeps one at a time. */
	#handingOn: Promise<void> = Promise.resolve();
	/** For a server that takes the answer. */
	readonly #waiting = new AbortController();
	/** Of a sign-in that the server knows no answer of. */
	#ifUnfinished: ReturnProblem = 'not_begun_here';
	/** What the server told with its answer to the code: then it need not be asked. */
	#told: SignInStatus | undefined;
	readonly #data: PageData;
	readonly #view: View;

	/** The server's data fills the page once; from then on the visitor's entries and the poll are newer. */
	constructor(data: PageData, view: View) {
		({ site: this.site, email: this.email } = data);
		this.status = data.status;
		this.ending = data.ending;
		this.entryParts = data.entryParts;
		this.#data = data;
		this.#view = view;
	}

	/** By a link: nobody changes its site. */
	get isFixed(): boolean {
		return this.#data.link !== undefined || 'by_link' in this.status;
	}

	/** In the browser. */
	start(): void {
		const early = takeEarlyResult();
		const returned = readReturnFragment(location.hash);
		if (early) void this.#takeOver(early);
		else if (returned) void this.#finish(returned);
		else if (this.#data.approval !== undefined) void this.#showApproval();
		else if (this.#data.isLate) void this.#catchUp();
		else this.#goOn();
	}

	/** Out of the browser's page cache: the page is as it was when it left, for Microsoft or for the site. */
	wakeUp(): void {
		this.activity = 'idle';
		this.liveRegion.announce('');
		if (this.status.status === 'returning') void this.#poll(this.shown);
	}

	end(): void {
		this.#polling.abort();
	}

	async submit(as: SignInAs = 'mailbox'): Promise<void> {
		if (this.activity === 'leaving') return;
		if (!this.#validate()) return this.#showFaults();
		this.activity = 'leaving';
		prepareToLeave(this.#data.language);
		this.#polling.abort();
		this.liveRegion.announce(this.#data.words.say_leaving({}));
		this.#waiting.abort();
		await this.#handingOn;
		const result = await beginSignIn(this.#start());
		if (result.kind === 'started') return this.#leave(result.signIn, as);
		this.activity = 'idle';
		this.liveRegion.announce('');
		if (result.kind === 'refused') this.fieldFaults = { ...result.fields };
		else this.generalFault = result.message ?? this.#data.words.say_no_way_to_server({});
		await this.#showFaults();
	}

	/** From `confirm`, for its mailbox, whatever the fields hold by now. */
	async signInInstead(as: SignInAs): Promise<void> {
		if (this.status.status !== 'confirm') return;
		({ site: this.site, email: this.email } = this.status);
		await this.submit(as);
	}

	/** The sign-in that the page shows once more, whatever the fields hold by now. */
	async tryAgain(): Promise<void> {
		if (this.status.status !== 'none') ({ site: this.site, email: this.email } = this.status);
		await this.submit();
	}

	async useAccount(): Promise<void> {
		const { ending } = this;
		if (this.activity !== 'idle' || !ending) return;
		this.activity = 'finishing';
		const saying = ending.words.say_trying_mailbox({});
		this.liveRegion.announce(saying);
		if (await ending.confirm(this.shown)) return this.#pollFor(saying);
		this.activity = 'idle';
		this.liveRegion.announce(ending.words.say_not_now({}));
	}

	async revoke(): Promise<void> {
		const { ending } = this;
		if (await ending?.revoke(this.shown)) return this.#pollFor(ending?.words.say_revoking({}));
		this.liveRegion.announce(ending?.words.say_not_now({}) ?? '');
	}

	checkAgain(): void {
		// What is still being handed on comes first.
		void this.#handingOn.then(() => this.#poll(this.shown));
	}

	/** By the link that the page was opened with, or that the sign-in it shows was begun by; else as entered. */
	#start(): Start {
		const { site, email, status } = this;
		if ('by_link' in status) return { again: this.shown, email };
		return { site, email, link: this.#data.link };
	}

	/** Whether there is nothing against the entries that could be known here. */
	#validate(): boolean {
		this.fieldFaults = {};
		this.generalFault = undefined;
		const checked = this.entryParts?.checkEntries(this, this.#data.words);
		if (!checked) return true;
		({ site: this.site, email: this.email } = checked.entries);
		this.fieldFaults = checked.faults;
		return Object.keys(checked.faults).length === 0;
	}

	/** The button that was pressed is gone then: the next Tab is not to begin at the top of the window. */
	async #pollFor(saying: string | undefined): Promise<void> {
		await this.#poll(this.shown, saying);
		await tick();
		if (document.activeElement === document.body) this.#view.focusHeading();
	}

	async #showFaults(): Promise<void> {
		await tick();
		this.#view.focusFaults();
	}

	async #leave(signIn: StartedSignIn, as: SignInAs): Promise<void> {
		this.generalFault = await leaveForMicrosoft(this.#data, signIn, as);
		if (this.generalFault === undefined) return;
		this.activity = 'idle';
		this.liveRegion.announce('');
		await this.#showFaults();
	}

	/** The state must not stay in the address; a reload shows the plain page, filled as ever. */
	async #showApproval(): Promise<void> {
		const state = new URLSearchParams(location.search).get('state') ?? '';
		const entered = this.ending?.recallApproval(state);
		this.isOwnApproval = entered !== undefined;
		if (entered) {
			({ site: this.site, email: this.email } = entered);
			this.#view.followEntries();
		}
		await this.#clearAddress(location.pathname);
		this.liveRegion.announce(this.#data.approval?.title ?? '', 'seen');
	}

	async #clearAddress(path: string): Promise<void> {
		await tick();
		// Not SvelteKit's own: that one would have the page's title read out, beside what the status says.
		history.replaceState(history.state, '', path);
		this.#view.focusHeading();
	}

	/** Puts the page's own text box and button in the place of the early ones, and keeps the focus. */
	async #takeOver({ id, status, copied }: EarlyResult): Promise<void> {
		const focused = document.activeElement?.id ?? '';
		delete document.documentElement.dataset['returning'];
		this.shown = id;
		await this.#show(status);
		await tick();
		document.getElementById(focused)?.focus();
		if (document.activeElement === document.body) this.#view.focusHeading();
		if (!copied) return;
		const button = document.getElementById('copy-identifier');
		// Only says so: to copy again may be refused, or overwrite what was copied since.
		if (await copied) button?.dispatchEvent(new Event(COPIED));
		else button?.click();
	}

	async #finish({ fragment, signInId, visitId }: ReturnFragment): Promise<void> {
		if (!this.#isKnownToFail) {
			this.activity = 'finishing';
			this.liveRegion.announce(this.#data.words.say_finishing({}));
		}
		// The code must not stay in the address, nor in the history.
		await this.#clearAddress(location.pathname + location.search);
		delete document.documentElement.dataset['returning'];
		if (visitId !== undefined) {
			const { finishVisit } = await import('$lib/browser/visits');
			return finishVisit(this.#data.settings.microsoft, visitId, fragment);
		}
		if (signInId === undefined) return this.#stop('not_begun_here');
		this.#handingOn = this.#handOn(signInId, fragment);
		this.#askLater(signInId);
		await this.#handingOn;
		this.#waiting.abort();
		// Someone who could not wait has pressed the button again.
		if (this.#polling.signal.aborted) return;
		if (this.#told === undefined || this.#told.status === 'exchanging') return this.#poll(signInId);
		this.shown = signInId;
		await this.#show(this.#told);
	}

	/** What the server has told of as failed mostly is what comes back: nothing flashes in its place. */
	get #isKnownToFail(): boolean {
		return this.status.status === 'failed' && this.activity === 'idle';
	}

	/** While the code is being handed on, asks again and again whether the server has it already. */
	#askLater(signInId: SignInId): void {
		setTimeout(() => {
			if (!this.#waiting.signal.aborted) void this.#askWhetherTaken(signInId);
		}, ASK_AFTER_MS);
	}

	/** The server may have taken the code, and only its answer been lost. */
	async #askWhetherTaken(signInId: SignInId): Promise<void> {
		const { signal } = this.#waiting;
		const result = await (await this.fetchEnding())?.fetchStatus(signInId, signal);
		if (signal.aborted) return;
		// Where nobody can tell, it is posted again: the server redeems it once however often it is posted.
		const status = result?.kind === 'status' ? result.status.status : 'started';
		if (status !== 'started' && status !== 'exchanging') return this.#waiting.abort();
		if (status === 'started') {
			if (this.activity !== 'unreachable') this.#giveUp();
			// The next post waits for the lock of this one.
			globalThis.earlyPost?.abort();
		}
		this.#askLater(signInId);
	}

	async #handOn(signInId: SignInId, fragment: string): Promise<void> {
		this.#told = await earlyStatus(signInId, this.#waiting.signal);
		if (this.#told !== undefined) return;
		const ending = await this.fetchEnding();
		const problem = await ending?.handOnAnswer(
			this.#data.settings.microsoft,
			signInId,
			fragment,
			this.#waiting.signal,
		);
		this.#ifUnfinished = problem ?? 'not_handed_on';
	}

	/** The server did not know in time what to show here. Who has begun to type goes on typing. */
	async #catchUp(): Promise<void> {
		const result = await (await this.fetchEnding())?.fetchStatus('current', this.#polling.signal);
		if (result?.kind !== 'status' || result.status.status === 'none') return;
		if (this.site !== '' || this.email !== '' || this.activity !== 'idle') return;
		({ site: this.site, email: this.email } = result.status);
		this.status = result.status;
		this.#goOn();
	}

	/** What has not ended is followed. */
	#goOn(): void {
		const { status } = this.status;
		if (status === 'exchanging' || status === 'confirm') void this.#poll('current');
	}

	async #poll(
		selector: SignInId | 'current',
		saying: string = this.#data.words.say_finishing({}),
	): Promise<void> {
		this.shown = selector;
		if (!this.#isKnownToFail) {
			this.activity = 'finishing';
			if (this.liveRegion.spoken !== saying) this.liveRegion.announce(saying);
		}
		this.#polling.abort();
		this.#polling = new AbortController();
		const { signal } = this.#polling;
		const result = await (
			await this.fetchEnding()
		)?.pollSignIn(selector, signal, () => {
			if (!signal.aborted) this.#giveUp();
		});
		if (signal.aborted) return;
		if (result === undefined || result.kind === 'unreachable') return this.#giveUp();
		if (result.kind === 'unknown') {
			const isBlocked = this.#ifUnfinished === 'cookies_blocked';
			return this.#stop(isBlocked ? 'cookies_blocked' : 'not_this_browser');
		}
		await this.#show(result.status);
	}

	/** Nobody loads for a look what only those need who type. */
	async fetchEntryParts(): Promise<EntryParts | undefined> {
		return (this.entryParts ??= await fetchEntryParts());
	}

	/** What is not needed for the first look; undefined when it cannot be fetched. */
	async fetchEnding(): Promise<Ending | undefined> {
		return (this.ending ??= await fetchEnding(this.#data.language));
	}

	#giveUp(): void {
		this.activity = 'unreachable';
		this.liveRegion.announce(this.#data.words.say_no_answer({}), 'seen');
	}

	async #show(next: SignInStatus): Promise<void> {
		this.status = next;
		if (next.status !== 'none') ({ site: this.site, email: this.email } = next);
		if (next.status === 'started' || next.status === 'none') return this.#stop(this.#ifUnfinished);
		this.activity = 'idle';
		this.hasJustConnected = next.status === 'ready';
		const said = this.ending?.announcementOf(next, this.ending.words);
		if (said !== undefined) this.liveRegion.announce(said, 'seen');
	}

	async #stop(problem: ReturnProblem): Promise<void> {
		const ending = await this.fetchEnding();
		if (ending === undefined) return this.#giveUp();
		this.returnProblem = problem;
		this.activity = 'idle';
		this.liveRegion.announce(ending.explainReturn(problem, ending.words).title, 'seen');
	}
}
