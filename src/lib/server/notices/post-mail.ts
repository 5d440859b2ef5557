// Hands one mail to the operator's mail server, within what may be sent in a minute.

import type { Services } from '../app/services.ts';
import type { NoticeResult } from '../mail/notice-mailer.ts';
import { renderHtml, renderText, type MailBody } from './render-mail.ts';

export type PostContext = Pick<
	Services,
	| 'now'
	| 'log'
	| 'metrics'
	| 'requestCounts'
	| 'noticeMailer'
	| 'noticeSettings'
	| 'helperName'
	| 'origin'
>;

export type PostResult = NoticeResult | { kind: 'later'; at: Date };

/** Over all instances: no mail server takes this for a flood. */
const MAX_IN_WINDOW = 30;
const WINDOW_MS = 60_000;

/** After a try that failed, the first, the second and so on; then the last. */
const TRY_AGAIN_MS = [1, 5, 15, 60, 240].map((minutes) => minutes * 60_000);

/** `tries`: before the one that failed. */
export function tryAgainAt(now: Date, tries: number): Date {
	return new Date(now.getTime() + (TRY_AGAIN_MS[tries] ?? Math.max(...TRY_AGAIN_MS)));
}

export async function postMail(
	context: PostContext,
	to: string,
	body: MailBody,
	ownHeaders: Readonly<Record<string, string>> = {},
): Promise<PostResult> {
	const { now, requestCounts, noticeMailer, noticeSettings, helperName, origin, log } = context;
	if (noticeMailer === undefined || noticeSettings === undefined)
		return { kind: 'failed', code: 'OFF' };
	const limit = { max: MAX_IN_WINDOW, windowMs: WINDOW_MS, now: now() };
	const counted = await requestCounts.count('notices', limit);
	if (counted !== 'counted') return { kind: 'later', at: counted.fullUntil };
	const result = await noticeMailer.send({
		from: { name: helperName, address: noticeSettings.from },
		to,
		subject: body.subject,
		text: renderText(body),
		html: renderHtml(body),
		headers: { ...headersOf(helperName, origin), ...ownHeaders },
	});
	context.metrics.noticePosted(result.kind);
	if (result.kind === 'failed') {
		log.error(
			{ alarm: 'notices', reason: result.code },
			'a notice could not be sent and is tried again',
		);
	} else if (result.kind === 'refused') {
		log.warn({ reason: result.code }, 'a notice was refused by the mail server');
	}
	return result;
}

/** RFC 2919; RFC 3834, so that no out-of-office note answers, and the header by which Exchange knows it. */
function headersOf(helperName: string, origin: string): Record<string, string> {
	const name = helperName.replaceAll(/[^\w .-]/g, '');
	return {
		'List-Id': `${name} <notices.${new URL(origin).hostname}>`,
		'Auto-Submitted': 'auto-generated',
		'X-Auto-Response-Suppress': 'All',
	};
}
