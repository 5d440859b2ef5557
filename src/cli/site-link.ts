// `mailkey site link`: a connect link, for a person who is known to whoever sends it.

import { durationOption } from './duration.ts';
import { printJson, type JsonOption } from './print.ts';
import { withApp } from './with-app.ts';

type LinkOptions = JsonOption & { email?: string; returnUrl?: string; expiresIn: string };

export async function linkSite(url: string, options: LinkOptions): Promise<void> {
	const { email, returnUrl, json } = options;
	const expiresInMs = durationOption('--expires-in', options.expiresIn, '24h, 30m or 7d');
	const asked = { email, returnUrl, expiresIn: expiresInMs / 1000 };
	const link = await withApp((app) => app.makeConnectLink(url, asked));
	const expiresAt = link.expiresAt.toISOString();
	if (json) return printJson({ id: link.id, url: link.url, expires_at: expiresAt });
	process.stdout.write(
		`${link.url}\nGood once, until ${expiresAt}. Send it to the one person that it is for: whoever opens it can sign in by it.\n`,
	);
}
