// `mailkey webhook …`: what became of a site's events at its webhook, and its secret.

import { durationOption } from './duration.ts';
import { printJson, printList, printRecord, type JsonOption } from './print.ts';
import { withApp } from './with-app.ts';

const COLUMNS = ['id', 'type', 'mailbox', 'status', 'tries', 'next_try_at', 'why'];

/** The webhook, then what waits or failed. */
export async function listWebhook(url: string, options: JsonOption): Promise<void> {
	const { report, events } = await withApp(async (app) => {
		const { site, undelivered, ...webhook } = await app.showWebhook(url);
		const report = {
			site,
			url: webhook.url ?? null,
			status: webhook.url === undefined ? 'none' : webhook.goneAt ? 'gone' : 'active',
			waiting: webhook.waiting,
			delivered: webhook.delivered,
			given_up: webhook.givenUp,
			secrets: webhook.secrets.map(({ createdAt, expiresAt }) => ({
				created_at: createdAt.toISOString(),
				expires_at: expiresAt?.toISOString() ?? null,
			})),
		};
		const events = undelivered.map((event) => ({
			id: String(event.id),
			type: event.type,
			mailbox: event.mailbox ?? null,
			at: event.at.toISOString(),
			status: event.delivery,
			tries: event.tries,
			last_tried_at: event.lastTriedAt?.toISOString() ?? null,
			next_try_at: event.nextTryAt?.toISOString() ?? null,
			result: event.lastResult ?? null,
			why: app.whyUndelivered(event.lastResult),
		}));
		return { report, events };
	});
	if (options.json) return printJson({ ...report, events });
	printRecord(report, options);
	if (events.length > 0) printList('events', events, COLUMNS, options);
}

export async function testWebhook(url: string, options: JsonOption): Promise<void> {
	const tested = await withApp((app) => app.testWebhook(url));
	if (options.json) printJson({ ...tested, status: 'delivered' });
	else process.stdout.write(`${tested.url} took webhook.test: ${tested.result}.\n`);
}

export async function retryWebhook(url: string, options: JsonOption): Promise<void> {
	const { site, due } = await withApp((app) => app.retryWebhooks(url));
	if (options.json) printJson({ site, due });
	else {
		const events = due === 1 ? '1 event is' : `${due} events are`;
		process.stdout.write(`${events} due again; the running helper posts them.\n`);
	}
}

export async function rotateWebhookSecret(
	url: string,
	options: JsonOption & { grace: string },
): Promise<void> {
	const graceMs = durationOption('--grace', options.grace, '24h, 30m, 7d or 0');
	const { site, secret, oldSecretsEndAt } = await withApp((app) =>
		app.rotateWebhookSecret(url, graceMs),
	);
	const until = oldSecretsEndAt.toISOString();
	if (options.json) printJson({ site, secret, old_secrets_end_at: until });
	else
		process.stdout.write(
			`The new webhook secret of ${site}, shown only this once:\n${secret}\nOld secrets sign as well until ${until}.\n`,
		);
}
