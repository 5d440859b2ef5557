// What the page of components shows: each that says what came of a sign-in, in each of its states, in the visitor's language.

import type { MailCheckResult, MailCheckResults } from '$lib/domain/mail-check';
import { mapProtocols, type MailProtocol } from '$lib/domain/mail-protocol';
import type { MailProblemCode } from '$lib/domain/mail-login';
import type { OwnMailbox } from '$lib/domain/own-mailbox';
import type { SignInProblemCode, Who } from '$lib/domain/problem';
import type { Explanation, SignInStatus } from '$lib/domain/sign-in';
import type { SiteFaceInWords } from '$lib/domain/site-face';
import { explainProblem } from '$lib/problems/explain';
import { explainChecks } from '$lib/problems/mail-answers/explain-mail-answer';
import { foundSiteInWords } from '$lib/problems/site-face-words';
import { parseSiteUrl, type SiteUrl } from '$lib/domain/site-url';
import type { Language } from '$lib/domain/language';

type Of<Status extends SignInStatus['status']> = SignInStatus & { status: Status };

export type Shown =
	| { component: 'start'; title: string }
	| { component: 'result'; signIn: Of<'ready'> }
	| { component: 'confirm'; status: Of<'confirm'> }
	| { component: 'return'; status: Of<'returning' | 'ready'> }
	| { component: 'problem'; problem: Explanation }
	| { component: 'mailbox'; mailbox: OwnMailbox }
	| { component: 'site'; face: SiteFaceInWords };

const MAILBOX = 'equis@mycompany.com';
const LAPSES = '2027-01-15T00:00:00Z';
const SUBJECT = { mailbox: MAILBOX, signedInAs: MAILBOX };

/** A check of all three: what is not named has passed. */
function results(faults: Partial<Record<MailProtocol, MailProblemCode | 'running' | 'skipped'>>) {
	return mapProtocols((protocol): MailCheckResult => {
		const fault = faults[protocol];
		if (fault === undefined) return { status: 'passed' };
		if (fault === 'running' || fault === 'skipped') return { status: fault };
		const who: Who = fault === 'mail_server_busy' ? 'nobody' : 'microsoft_365_administrator';
		return { status: 'failed', problem: { code: fault, who, protocol, stage: 'authenticate' } };
	});
}

function all(fault: MailProblemCode | 'running' | 'skipped'): MailCheckResults {
	return results({ imap: fault, pop: fault, smtp: fault });
}

const CHECKS: Record<string, MailCheckResults> = {
	'being checked': all('running'),
	'not checked': all('skipped'),
	works: results({}),
	'sending is off for the mailbox': results({ smtp: 'smtp_off_for_mailbox' }),
	'sending was not granted': results({ smtp: 'right_not_granted' }),
	'POP is off': results({ pop: 'login_refused' }),
	'nobody is let in': all('login_refused'),
	'the mail server is busy': all('mail_server_busy'),
};

const PROBLEMS: readonly SignInProblemCode[] = [
	...(['sign_in_expired', 'sign_in_interrupted', 'cancelled_at_microsoft'] as const),
	...(['approval_needed', 'refused_by_microsoft', 'organisation_not_allowed'] as const),
	...(['microsoft_unreachable', 'microsoft_answer_invalid', 'clock_differs'] as const),
	...(['authorization_code_refused', 'helper_not_accepted_by_microsoft'] as const),
	...(['mail_rights_missing', 'revoked', 'link_ended', 'account_differs'] as const),
	...(['site_not_registered', 'mailbox_not_allowed'] as const),
];

export function shownStates(
	site: SiteUrl,
	language: Language,
	logoPath: string | undefined,
): Record<string, Shown> {
	const common = { site, email: MAILBOX };
	const checksOf = (checks: MailCheckResults) => explainChecks(checks, SUBJECT, language);
	const ready = (checks: MailCheckResults): Of<'ready'> => ({
		...{ ...common, status: 'ready', checks: checksOf(checks) },
		identifier: `ExternalOAuthToken:123456789012345:${MAILBOX}`,
		mail: {
			imap: { host: 'outlook.office365.com', port: 993, security: 'tls' },
			pop: { host: 'outlook.office365.com', port: 995, security: 'tls' },
			smtp: { host: 'smtp.office365.com', port: 587, security: 'starttls' },
		},
		revoked_unless_used_by: LAPSES,
	});
	const confirm = { ...common, status: 'confirm', signed_in_as: 'sam@mycompany.com' } as const;
	const ofSite = { site_name: 'Practice site' };
	const states: Record<string, Shown> = {
		'the start': { component: 'start', title: 'The start' },
		'right account, asked': { component: 'confirm', status: confirm },
		'right account, tried': {
			component: 'confirm',
			status: { ...confirm, checks: checksOf(all('no_access_to_mailbox')) },
		},
		'back to the site': {
			component: 'return',
			status: {
				...{ ...common, ...ofSite, status: 'returning', signed_in_as: MAILBOX },
				checks: checksOf(results({})),
			},
		},
		'completed by the site': {
			component: 'return',
			status: { ...ready(results({})), ...ofSite },
		},
	};
	for (const [name, checks] of Object.entries(CHECKS)) {
		states[`result, ${name}`] = { component: 'result', signIn: ready(checks) };
	}
	for (const [name, mailbox] of Object.entries(ownMailboxes(site))) {
		const checks = checksOf(CHECKS[name] ?? results({}));
		const last_check = { at: '2026-11-20T09:00:00Z', checks };
		states[`own mailbox, ${name}`] = { component: 'mailbox', mailbox: { ...mailbox, last_check } };
	}
	for (const code of PROBLEMS) {
		// A number would choose other words.
		const reference = { correlation_id: '7c1b2c5e-0000-4000-8000-000000000000' };
		const problem = explainProblem(code, { site, mailbox: MAILBOX }, reference, language);
		states[`problem, ${code.replaceAll('_', ' ')}`] = { component: 'problem', problem };
	}
	for (const [name, face] of Object.entries(faces(language, logoPath))) {
		states[`site, ${name}`] = { component: 'site', face };
	}
	return states;
}

function ownMailboxes(site: SiteUrl): Record<string, OwnMailbox> {
	const used: OwnMailbox = {
		number: 123456789012345,
		protocols: ['imap', 'pop', 'smtp'],
		missing_rights: [],
		...{ site, site_name: 'Practice site', mailbox: MAILBOX, signed_in_as: MAILBOX },
		identifier: `ExternalOAuthToken:123456789012345:${MAILBOX}`,
		created_at: '2026-11-01T09:00:00Z',
		last_used_at: '2026-11-19T09:00:00Z',
		needs_sign_in: false,
		sign_in_url: site,
	};
	return {
		works: used,
		'not used yet': { ...used, last_used_at: null },
		'sending is off for the mailbox': used,
		'POP is off': used,
		'nobody is let in': used,
		'needs a new sign-in': { ...used, needs_sign_in: true },
	};
}

/** Of two sites: one with all that an operator can say of it, and one that only reads. */
function faces(language: Language, logoPath: string | undefined): Record<string, SiteFaceInWords> {
	const face = {
		...{ url: urlOf('https://crm.example.com'), name: 'Globex CRM', logoPath },
		supportUrl: 'https://help.example.com/mail',
		advice: 'Connect the mailbox of your department, not your own.',
	};
	const other = {
		...{ url: urlOf('https://archive.example.org'), name: 'Initech Archive' },
		...{ logoPath: undefined, supportUrl: undefined, advice: undefined },
	};
	const inWords = {
		'with its face': foundSiteInWords(
			{ kind: 'registered', face: { ...face, protocols: ['imap', 'pop', 'smtp'] } },
			language,
		).face,
		'that only reads': foundSiteInWords(
			{ kind: 'registered', face: { ...other, protocols: ['imap'] } },
			language,
		).face,
	};
	return Object.fromEntries(
		Object.entries(inWords).flatMap(([name, each]) => (each ? [[name, each]] : [])),
	);
}

function urlOf(text: string): SiteUrl {
	const parsed = parseSiteUrl(text);
	if (!parsed.ok) throw new Error(`${text} is no site`);
	return parsed.value;
}
