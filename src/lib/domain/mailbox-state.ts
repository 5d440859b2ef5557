// What the logins at a mailbox come to together: the one thing that its owner wants to know. Pure, for both sides.

import type { MailCheck } from './mail-check.ts';
import type { MailExplanation } from './mail-login.ts';
import {
	MAIL_PROTOCOLS,
	PROTOCOL_FACTS,
	READING_PROTOCOLS,
	type MailProtocol,
} from './mail-protocol.ts';

export type MailboxState =
	| 'checking'
	| 'not_checked'
	/** The mail server was asked and had no time: what fails now says nothing of the mailbox. */
	| 'not_known'
	| 'works'
	/** Mail can be read, but not sent. */
	| 'sending_fails'
	/** Mail is read by IMAP, as hardly any site does otherwise, and only an administrator could allow the other way. */
	| 'only_pop_fails'
	/** Reading works by one protocol and not by another: which one the site uses, only its settings say. */
	| 'partly'
	| 'fails';

type Checks = Partial<Record<MailProtocol, MailCheck>>;

/** Works only if nothing that was tried failed, and nothing was refused to try. */
export function mailboxState(checks: Checks): MailboxState {
	const tried = MAIL_PROTOCOLS.filter((protocol) => checks[protocol] !== undefined);
	if (tried.some((protocol) => checks[protocol]?.status === 'running')) return 'checking';
	const passed = tried.filter((protocol) => checks[protocol]?.status === 'passed');
	const failed = tried.filter((protocol) => checks[protocol]?.problem !== undefined);
	if (failed.length === 0) return passed.length > 0 ? 'works' : 'not_checked';
	if (failed.every((protocol) => isBusy(checks[protocol]))) return 'not_known';
	const failedToRead = failed.filter((protocol) => READING_PROTOCOLS.includes(protocol));
	if (failedToRead.length === 0) return passed.length > 0 ? 'sending_fails' : 'fails';
	if (isOnlyPop(failed) && checks.imap?.status === 'passed') {
		if (checks.pop?.problem?.who === 'microsoft_365_administrator') return 'only_pop_fails';
	}
	const canRead = passed.some((protocol) => READING_PROTOCOLS.includes(protocol));
	return canRead ? 'partly' : 'fails';
}

/** What is to be entered at the site waits until the mailbox works. */
export function isForLater(state: MailboxState): boolean {
	return state === 'fails' || state === 'not_known';
}

function isOnlyPop(protocols: readonly MailProtocol[]): boolean {
	return protocols.every((protocol) => protocol === 'pop');
}

/** One reason why protocols do not work. */
export type MailboxCause = {
	/**
	 * `mailbox_refused` where the server lets nobody in by several protocols: then they are not the reason. `switched_off`
	 * where it opens the mailbox by another one: then they are.
	 */
	kind: 'mailbox_refused' | 'switched_off' | 'one_problem';
	protocols: MailProtocol[];
	/** By which mail can be read. */
	works: MailProtocol[];
	/** Of the first of them. */
	problem: MailExplanation;
	/** What an administrator can run in PowerShell, of all of them. */
	commands: string[];
};

/** Exchange says now this, now that of a mailbox without a licence, or of one that is switched off. */
const REFUSALS = ['login_refused', 'logon_failure', 'mailbox_not_opened'];
const BUSY = ['mail_server_busy', 'too_many_connections'];

/** Problems that are the same are told once; what matters least, last. */
export function causesOf(checks: Checks): MailboxCause[] {
	const causes = new Map<string, MailboxCause>();
	const works = READING_PROTOCOLS.filter((protocol) => checks[protocol]?.status === 'passed');
	const isOpen = works.length > 0;
	for (const protocol of MAIL_PROTOCOLS) {
		const problem = checks[protocol]?.problem;
		if (problem === undefined) continue;
		const isRefused = REFUSALS.includes(problem.code);
		const commands = commandsIn(problem.next_step);
		const cause = causes.get(familyOf(problem.code));
		if (cause === undefined) {
			const kind = isRefused && isOpen ? 'switched_off' : 'one_problem';
			causes.set(familyOf(problem.code), { kind, protocols: [protocol], works, problem, commands });
		} else {
			cause.protocols.push(protocol);
			cause.commands = [...new Set([...cause.commands, ...commands])];
			if (isRefused && !isOpen) cause.kind = 'mailbox_refused';
		}
	}
	const isLesser = ({ protocols }: MailboxCause) =>
		checks.imap?.status === 'passed' && isOnlyPop(protocols);
	return [...causes.values()].sort((one, other) => Number(isLesser(one)) - Number(isLesser(other)));
}

/** The server had no time for this login. */
export function isBusy(check: MailCheck | undefined): boolean {
	return check?.problem !== undefined && BUSY.includes(check.problem.code);
}

function familyOf(code: string): string {
	if (REFUSALS.includes(code)) return 'refusal';
	return BUSY.includes(code) ? 'busy' : code;
}

/** As PowerShell names them: `Verb-Noun -Parameter`. */
const COMMAND = /^[A-Z][a-z]+-[A-Z]\w+ -/;

export function isCommand(line: string): boolean {
	return COMMAND.test(line);
}

function commandsIn(nextStep: string): string[] {
	return nextStep.split('\n').filter(isCommand);
}

/** The boxes in the Microsoft 365 admin center that switch these protocols on. */
export function switchesOf(protocols: readonly MailProtocol[]): string[] {
	return protocols.map((protocol) => PROTOCOL_FACTS[protocol].exchangeSwitch.box);
}
