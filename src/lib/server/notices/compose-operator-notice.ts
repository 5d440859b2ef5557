// A mail to the operator, in English as all that operators read: what happened, what stops working and when, and what to do.

import type { OperatorNoticeKind } from '../../domain/notice.ts';
import type { OperatorNotice } from './operator-notice-store.ts';
import type { MailBody, MailSection } from './render-mail.ts';

type Details = OperatorNotice['details'];
type Words = { title: string; paragraphs: readonly string[] };

const WORDS: Record<OperatorNoticeKind, (details: Details) => Words> = {
	credential_refused: ({ reason, code }) => ({
		title: 'Microsoft refuses this helper',
		paragraphs: [
			`Microsoft refuses this helper itself: ${reason} ${code === '' ? '' : `Microsoft’s number is ${code}.`}`.trim(),
			'No mailbox can be refreshed and nobody can sign in until this is fixed. Access that was handed out works until it expires, at most about an hour. No stored token is lost, and everything resumes within a minute of the fix.',
		],
	}),
	certificate_ends: ({ day, days }) => ({
		title: endsTitle('The client certificate', days),
		paragraphs: [
			`The certificate of MICROSOFT_CLIENT_CERTIFICATE ${endsWords(day, days)} Then Microsoft refuses this helper: no mailbox can be refreshed and nobody can sign in.`,
			'Make a new one, upload it under App registrations > Certificates & secrets, and then replace the file. It is read at each use; no restart is needed.',
		],
	}),
	secret_ends: ({ day, days }) => ({
		title: endsTitle('The client secret', days),
		paragraphs: [
			`The client secret ${endsWords(day, days)} Then Microsoft refuses this helper: no mailbox can be refreshed and nobody can sign in.`,
			'Make a new one under App registrations > Certificates & secrets, set MICROSOFT_CLIENT_SECRET and MICROSOFT_CLIENT_SECRET_EXPIRES, and restart.',
		],
	}),
	keys_missing: ({ id, count }) => ({
		title: `The key ${id} is missing from TOKEN_KEYS`,
		paragraphs: [
			`${count} sealed values need it. Their mailboxes stop working within the hour in which their access expires.`,
			'Put the key back into TOKEN_KEYS and restart. Nothing is lost as long as it is found. “mailkey keys status” counts what needs which key.',
		],
	}),
	keep_alive_behind: ({ days }) => ({
		title: 'Tokens are not refreshed in time',
		paragraphs: [
			`A stored token has not been refreshed for ${days} days. Microsoft ends one that rests for 90 days; its owner would have to sign in again.`,
			'Look for refreshes that fail (“mailkey token list --status degraded”), or raise KEEP_ALIVE_RATE.',
		],
	}),
	webhook_given_up: ({ site }) => ({
		title: `The webhook of ${site} was given up`,
		paragraphs: [
			'Its receiver did not take an event for three days, or answered that it is gone. The site does not hear of what happens to its mailboxes.',
			`“mailkey webhook list ${site}” says why; “mailkey webhook retry ${site}” tries once more.`,
		],
	}),
	many_mailboxes: ({ who, count }) => ({
		title: `${count} mailboxes of ${who} stopped working within an hour`,
		paragraphs: [
			`Within an hour, ${count} mailboxes of ${who} need somebody to sign in again, or can no longer be logged in to. This is usually a change of the whole organisation: look for a change in the organisation, such as a consent that was withdrawn, a policy, or a protocol that was switched off.`,
			'Their owners are not written to about it now, except those of the first few. In three days they are, if it lasts. “mailkey token list --status sign_in_required” and “mailkey audit --event check” name the mailboxes.',
		],
	}),
};

function endsTitle(what: string, days: Details[string] | undefined): string {
	return days === 0 ? `${what} has ended` : `${what} ends within ${inDays(days)}`;
}

function endsWords(day: Details[string] | undefined, days: Details[string] | undefined): string {
	return days === 0 ? `ended on ${day}.` : `ends on ${day}.`;
}

function inDays(days: Details[string] | undefined): string {
	return days === 1 ? 'a day' : `${days} days`;
}

export function composeOperatorNotice(
	helperName: string,
	origin: string,
	notices: readonly [OperatorNotice, ...OperatorNotice[]],
): MailBody {
	const sections = notices.map((notice) => sectionOf(notice, origin));
	const [first] = sections;
	const subject =
		sections.length === 1 ? (first?.title ?? '') : `${sections.length} things need the operator`;
	return {
		language: 'en',
		subject: `${helperName}: ${subject}`,
		hello: 'Hello,',
		sections,
		further: undefined,
		why: `You get this mail because NOTICES_OPERATOR of ${origin} names this address. Each trouble is told once for as long as it lasts.`,
		unsubscribe: undefined,
	};
}

const REGISTRATIONS = {
	text: 'Open App registrations',
	url: 'https://entra.microsoft.com/#view/Microsoft_AAD_RegisteredApps/ApplicationsListBlade',
};
const SERVICE_HEALTH = {
	text: 'Look whether Microsoft has an outage',
	url: 'https://status.cloud.microsoft/',
};

function linkOf(kind: OperatorNoticeKind, origin: string): MailSection['link'] {
	switch (kind) {
		case 'credential_refused':
		case 'certificate_ends':
		case 'secret_ends':
			return REGISTRATIONS;
		case 'many_mailboxes':
			return SERVICE_HEALTH;
		default:
			return { text: 'Open the helper’s status page', url: `${origin}/readyz` };
	}
}

function sectionOf({ kind, details, firstSeenAt }: OperatorNotice, origin: string): MailSection {
	const { title, paragraphs } = WORDS[kind](details);
	const since = firstSeenAt.toISOString().slice(0, 16).replace('T', ' ');
	return {
		title,
		paragraphs,
		link: linkOf(kind, origin),
		after: [`First seen: ${since} UTC`],
	};
}
