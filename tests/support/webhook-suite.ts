// What the client library promises of webhooks, for its source and for the package as it is installed: what is not signed
// by a secret of the site, or is old, is refused.

import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { IDENTIFIER, START } from './client-suite.ts';

export type WebhooksModule = typeof import('../../src/client/webhooks.ts');

export function testWebhooks(load: () => WebhooksModule): void {
	describe('a webhook', () => {
		const secret = `whsec_${Buffer.from('a secret of 24 octets ..').toString('base64')}`;
		const other = `whsec_${Buffer.from('another, of 24 octets ..').toString('base64')}`;
		const body = JSON.stringify({
			type: 'mailbox.connected',
			timestamp: '2026-11-26T10:00:00Z',
			data: { identifier: IDENTIFIER },
		});
		const seconds = START / 1000;
		const sign = (by: string, at = seconds, text = body) => {
			const key = Buffer.from(by.slice(6), 'base64');
			return `v1,${createHmac('sha256', key).update(`msg_1.${at}.${text}`).digest('base64')}`;
		};
		const headers = (signature: string, at = seconds) => ({
			'webhook-id': 'msg_1',
			'webhook-timestamp': String(at),
			'webhook-signature': signature,
		});
		const now = () => START;

		test('of ours is taken, also while two secrets sign', () => {
			const event = { id: 'msg_1', type: 'mailbox.connected', data: { identifier: IDENTIFIER } };
			expect(load().verifyWebhook(secret, headers(sign(secret)), body, { now })).toMatchObject(
				event,
			);
			const both = headers(`${sign(other)} ${sign(secret)}`);
			expect(load().verifyWebhook(secret, both, Buffer.from(body), { now })).toMatchObject(event);
			expect(
				load().verifyWebhook([other, secret], headers(sign(secret)), body, { now }),
			).toMatchObject(event);
		});

		/** By the specification's own example. */
		test('is signed as Standard Webhooks does', () => {
			const given = {
				'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
				'webhook-timestamp': '1614265330',
				'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
			};
			const event = load().verifyWebhook(
				'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
				given,
				'{"test": 2432232314}',
				{ now: () => 1_614_265_330_000 },
			);
			expect(event.id).toBe('msg_p5jXN8AQM9LWM0D4loKWxJek');
		});

		test('is taken with the Headers of a request, names in any case, and bytes of any kind', () => {
			const given = headers(sign(secret));
			const shouted = Object.fromEntries(
				Object.entries(given).map(([name, value]) => [name.toUpperCase(), value]),
			);
			const bytes = new TextEncoder().encode(body);
			for (const kind of [given, new Headers(given), shouted]) {
				for (const text of [body, bytes, bytes.buffer]) {
					expect(load().verifyWebhook(secret, kind, text, { now }).id).toBe('msg_1');
				}
			}
			expect(load().verifyWebhook(` ${secret}\n`, given, body, { now }).id).toBe('msg_1');
		});

		const signedByNobody = (() => {
			const signature = createHmac('sha256', '')
				.update(`msg_1.${seconds}.${body}`)
				.digest('base64');
			return headers(`v1,${signature}`);
		})();
		test.each<[unknown, string]>([
			['', 'empty'],
			['whsec_', 'empty'],
			['whsec_!!!', 'no base64'],
			['whsec_c2hvcnQ=', 'short'],
			[`whsec_${Buffer.alloc(65).toString('base64')}`, 'long'],
			[undefined, 'missing'],
			[[], 'none'],
			[[secret, ''], 'one of two empty'],
		])('is never taken with the secret %j (%s)', (bad, _) => {
			expect(() => load().verifyWebhook(bad as string, signedByNobody, body, { now })).toThrow(
				expect.objectContaining({ name: 'WebhookError', reason: 'bad_secret' }) as Error,
			);
		});

		test.each([[{ type: 'mailbox.connected' }], [undefined], [null], [42]])(
			'with %j in place of its text is refused in words',
			(parsed) => {
				const given = headers(sign(secret));
				expect(() =>
					load().verifyWebhook(secret, given, parsed as unknown as string, { now }),
				).toThrow(expect.objectContaining({ reason: 'malformed' }) as Error);
				expect(() =>
					load().verifyWebhook(secret, undefined as unknown as Headers, body, { now }),
				).toThrow(expect.objectContaining({ reason: 'malformed' }) as Error);
			},
		);

		test.each([
			['of a wrong secret', headers(sign(other)), body, 'wrong_signature'],
			['with a changed body', headers(sign(secret)), `${body} `, 'wrong_signature'],
			[
				'with a later timestamp than it was signed with',
				headers(sign(secret), seconds + 1),
				body,
				'wrong_signature',
			],
			['that is old', headers(sign(secret, seconds - 301), seconds - 301), body, 'too_old'],
			['from the future', headers(sign(secret, seconds + 301), seconds + 301), body, 'too_old'],
			[
				'without a signature',
				{ ...headers(''), 'webhook-signature': undefined },
				body,
				'wrong_signature',
			],
			['without an id', { ...headers(sign(secret)), 'webhook-id': undefined }, body, 'malformed'],
			['that is no JSON', headers(sign(secret, seconds, '<')), '<', 'malformed'],
		])('%s is refused', (_, given, text, reason) => {
			expect(() => load().verifyWebhook(secret, given, text, { now })).toThrow(
				expect.objectContaining({ reason }) as Error,
			);
		});
	});
}
