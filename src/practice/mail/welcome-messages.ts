// What a practice mailbox holds from the start: a plain text, one with other letters than ASCII, one with an attachment.
// Enough for an engine to prove that it can read.

import type { AddedMessage } from './mail-store.ts';
import { withCrlf } from './mime.ts';

const HOUR_MS = 3_600_000;

export function welcomeMessages(address: string, now: Date): AddedMessage[] {
	const at = (hoursAgo: number) => new Date(now.getTime() - hoursAgo * HOUR_MS);
	const message = (receivedAt: Date, number: number, lines: readonly string[]): AddedMessage => ({
		receivedAt,
		content: withCrlf(
			[
				'From: Practice <practice@mycompany.com>',
				`To: <${address}>`,
				`Date: ${receivedAt.toUTCString().replace('GMT', '+0000')}`,
				`Message-ID: <welcome-${number}.${receivedAt.getTime()}@practice.example>`,
				'MIME-Version: 1.0',
				...lines,
			].join('\n'),
		),
	});
	return [
		message(at(3), 1, [
			'Subject: Welcome to practice mode',
			'Content-Type: text/plain; charset=us-ascii',
			'',
			'This mailbox is not at Microsoft. What you send to it arrives here.',
			'',
		]),
		message(at(2), 2, [
			'Subject: =?utf-8?B?R3LDvMOfZSBhdXMgWsO8cmljaA==?=',
			'Content-Type: text/plain; charset=utf-8',
			'Content-Transfer-Encoding: base64',
			'',
			Buffer.from('Grüße aus Zürich, こんにちは\n').toString('base64'),
			'',
		]),
		message(at(1), 3, [
			'Subject: Measurements of today',
			'Content-Type: multipart/mixed; boundary=practice',
			'',
			'--practice',
			'Content-Type: text/plain; charset=us-ascii',
			'',
			'The measurements are attached.',
			'',
			'--practice',
			'Content-Type: text/csv; charset=us-ascii; name="measurements.csv"',
			'Content-Disposition: attachment; filename="measurements.csv"',
			'Content-Transfer-Encoding: base64',
			'',
			Buffer.from('place,depth_m,value\nB-17,2.5,0.31\n').toString('base64'),
			'--practice--',
			'',
		]),
	];
}
