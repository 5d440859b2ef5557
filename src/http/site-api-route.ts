// What a route of the site API is made of.

import type { IncomingMessage } from 'node:http';
import type { App } from '../lib/server/app/app.ts';

export type Answer = {
	status: number;
	body?: unknown;
	/** In place of `body`, where it is JSON already. */
	json?: string;
	headers?: Record<string, string>;
};

export type Asking = ReturnType<App['forSite']>;

type Handle = (request: IncomingMessage, site: Asking, path: string) => Promise<Answer>;

/** Path, and by method what is done there. A method that is not listed is 405. */
export type SiteApiRoute = { path: RegExp; methods: Partial<Record<string, Handle>> };

export function fault(
	status: number,
	error: string,
	message: string,
	headers: Record<string, string> = {},
): Answer {
	return { status, body: { error, message }, headers };
}
