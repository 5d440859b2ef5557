// Connect links: a site sends its user to the helper's page, and learns what came of it.

import {
	parseFields,
	readChecks,
	readProblem,
	textOf,
	type Check,
	type Protocol,
	type Problem,
} from './answer.ts';
import { required, requiredDate, type Request } from './request.ts';

export type ConnectLinkOptions = {
	/** The mailbox; may be left to the user where there is a return URL. */
	email?: string;
	/** One of those that are registered for the site. */
	returnUrl?: string;
	/** Comes back with the user as it is; at most 512 printable characters. */
	state?: string;
	/** 60 to 2592000; a day if nothing is said. */
	expiresInSeconds?: number;
};

const LINK_STATUSES = ['open', 'returning', 'completed', 'expired', 'cancelled'] as const;

/** Keep `id` in the login session of the user to whose browser alone `url` goes. */
export type NewConnectLink = { id: string; url: string; expiresAt: Date };

export type ConnectLink = {
	id: string;
	status: (typeof LINK_STATUSES)[number];
	expiresAt: Date;
	email: string | undefined;
	/** Once it is completed. */
	identifier: string | undefined;
	/** What the last sign-in by it failed for. */
	problem: Problem | undefined;
};

/** `checks`: what the helper's own logins said until now, by protocol. */
export type Connected = {
	identifier: string;
	mailbox: string;
	signedInAs: string;
	checks: Partial<Record<Protocol, Check>>;
};

export type ConnectLinks = {
	createConnectLink(options: ConnectLinkOptions): Promise<NewConnectLink>;
	findConnectLink(id: string): Promise<ConnectLink>;
	/** Of one that is not completed. */
	cancelConnectLink(id: string): Promise<void>;
	/**
	 * `id` must be the one that was kept in this user's login session, not the one in the URL: that is what proves that
	 * who signed in at Microsoft is who is logged in here. Works once, within ten minutes of the return.
	 */
	completeConnectLink(id: string, code: string): Promise<Connected>;
};

const PATH = '/api/v1/connect-links';

export function connectLinks(request: Request): ConnectLinks {
	const pathOf = (id: string) => `${PATH}/${encodeURIComponent(id)}`;
	return {
		async createConnectLink({ email, returnUrl, state, expiresInSeconds }) {
			const { status, body } = await request('POST', PATH, {
				email,
				return_url: returnUrl,
				state,
				expires_in: expiresInSeconds,
			});
			const { id, url, expires_at: expiresAt } = parseFields(body);
			return {
				id: required(status, id),
				url: required(status, url),
				expiresAt: requiredDate(status, expiresAt),
			};
		},
		async findConnectLink(id) {
			const { status, body } = await request('GET', pathOf(id));
			const fields = parseFields(body);
			return {
				id,
				status: parseStatus(required(status, fields['status'])),
				expiresAt: requiredDate(status, fields['expires_at']),
				email: textOf(fields['email']),
				identifier: textOf(fields['identifier']),
				problem: readProblem(fields['problem']),
			};
		},
		async cancelConnectLink(id) {
			await request('DELETE', pathOf(id));
		},
		async completeConnectLink(id, code) {
			const { status, body } = await request('POST', `${pathOf(id)}/complete`, { code });
			const { identifier, mailbox, signed_in_as: signedInAs } = parseFields(body);
			return {
				identifier: required(status, identifier),
				mailbox: required(status, mailbox),
				signedInAs: required(status, signedInAs),
				checks: readChecks(body),
			};
		},
	};
}

/** One that this version does not know says no more than that the link is of no use. */
function parseStatus(value: string): ConnectLink['status'] {
	return LINK_STATUSES.find((status) => status === value) ?? 'cancelled';
}
