// The link in each notice that ends them: it needs no sign-in, a look at it changes nothing, and a press does (RFC 8058).

import type { Services } from '../app/services.ts';

export type UnsubscribeContext = Pick<Services, 'now' | 'noticeRecipients' | 'unsubscribeLinks'>;

export type Subscription = { address: string; isSubscribed: boolean };

/** Undefined for a link that no key of the ring has made, or of nobody. */
export async function findSubscription(
	{ noticeRecipients, unsubscribeLinks }: UnsubscribeContext,
	opaque: string,
): Promise<Subscription | undefined> {
	const id = unsubscribeLinks.numberOf(opaque);
	return id === undefined ? undefined : noticeRecipients.find(id);
}

/** What is so afterwards. */
export async function changeSubscription(
	context: UnsubscribeContext,
	opaque: string,
	wish: 'unsubscribe' | 'subscribe',
): Promise<Subscription | undefined> {
	const id = context.unsubscribeLinks.numberOf(opaque);
	if (id === undefined) return undefined;
	await context.noticeRecipients.saveUnsubscribed(
		id,
		wish === 'unsubscribe' ? context.now() : undefined,
	);
	return context.noticeRecipients.find(id);
}
