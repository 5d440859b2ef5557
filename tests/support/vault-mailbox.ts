// A connected mailbox: a site of its own, somebody who signed in at the practice Microsoft, the identifier that came of
// it, and the row behind it, which a test may read and may make stale.

import { randomBytes } from 'node:crypto';
import type { SignInId, SignInResult } from '../../src/lib/domain/sign-in.ts';
import type { Session } from '../../src/lib/server/owners/sessions.ts';
import { returnOf } from '../../src/practice/microsoft/sign-in-at-microsoft.ts';
import type { SiteAnswer, VaultInstance } from './vault-instance.ts';
import type { VaultWorld } from './vault-world.ts';
import { VISITOR } from './visitor.ts';
import { until } from './until.ts';

export type TokenRow = {
	state: string;
	version: number;
	sealed_refresh_token: string | null;
	sealed_access_token: string | null;
	access_token_expires_at: Date | null;
	last_refreshed_at: Date;
	refresh_started_at: Date | null;
	lease_owner: string | null;
	lease_until: Date | null;
	retry_at: Date | null;
	failures: number;
	refused_at: Date | null;
	problem_code: string | null;
	problem_reference: { code?: string } | null;
	last_resolved_at: Date | null;
	revoked_reason: string | null;
};

export type ConnectedSite = { url: string; id: number; key: string };

export type ConnectedMailbox = {
	site: ConnectedSite;
	address: string;
	identifier: string;
	number: number;
	/** The browser's session and sign-in, as the owner. */
	session: Session;
	signIn: SignInId;
	row(): Promise<TokenRow>;
	/** Sets when the access token ends: seconds from now, negative for one that is dead. */
	setLife(seconds: number): Promise<void>;
	resolve(minTtl?: unknown, instance?: VaultInstance): Promise<SiteAnswer>;
	/** Somebody is refreshing its token. */
	untilLeased(): Promise<unknown>;
	signInAgain(): Promise<ConnectedMailbox>;
};

let count = 0;

export async function registerSite(world: VaultWorld, { app }: VaultInstance) {
	count += 1;
	const url = `https://site-${count}-${randomBytes(3).toString('hex')}.example.com`;
	const added = await app.registerSite({
		url,
		name: `Site ${count}`,
		mailDomains: ['mycompany.com'],
		tenants: [],
		anyMailbox: false,
	});
	world.secrets.push({ name: `key of ${url}`, value: added.key });
	return { url, id: added.id, key: added.key };
}

/** Registers a site and signs in for a mailbox that nobody else has. */
export async function connectMailbox(
	world: VaultWorld,
	instance: VaultInstance,
	of: { site?: ConnectedSite; address?: string } = {},
): Promise<ConnectedMailbox> {
	const site = of.site ?? (await registerSite(world, instance));
	count += 1;
	const address = of.address ?? `box-${count}-${randomBytes(3).toString('hex')}@mycompany.com`;
	const signedIn = await signIn(instance, site.url, address);
	const number = Number(signedIn.identifier.split(':')[1]);
	return {
		site,
		address,
		...signedIn,
		number,
		row: () => readRow(world, number),
		async setLife(seconds) {
			const endsAt = new Date(world.clock.now().getTime() + seconds * 1000);
			await world.sql`update stored_tokens set access_token_expires_at = ${endsAt} where id = ${number}`;
		},
		resolve: (minTtl, other = instance) =>
			other.resolve(site.key, {
				identifier: signedIn.identifier,
				...(minTtl !== undefined && { min_ttl: minTtl }),
			}),
		untilLeased: () =>
			until('a lease', async () => (await readRow(world, number)).lease_owner !== null),
		signInAgain: () => connectMailbox(world, instance, { site, address }),
	};
}

async function signIn(
	{ app }: VaultInstance,
	site: string,
	address: string,
): Promise<{ identifier: string; session: Session; signIn: SignInId }> {
	const { cookie, ...started } = await app
		.forVisitor(VISITOR)
		.beginSignIn(undefined, { site, email: address });
	const begun = await app.findSession(cookie?.value);
	const answer = await returnOf({ ...app.page.microsoft, ...started, choice: address });
	const redeemed = await app.forVisitor(VISITOR).redeemCode(begun, started.sign_in, answer);
	if (redeemed.kind !== 'redeemed') throw new Error(`not signed in: ${redeemed.description}`);
	const session = await app.findSession(redeemed.cookie!.value);
	const status = await checkedStatus(app, session, started.sign_in);
	if (session === undefined || status.status !== 'ready') {
		throw new Error(`not signed in: ${status.status}`);
	}
	return { identifier: status.identifier, session, signIn: started.sign_in };
}

/** Once the mailbox check is over: it opens the token, and would refresh one that a test makes stale meanwhile. */
async function checkedStatus(
	app: VaultInstance['app'],
	session: Session | undefined,
	signIn: SignInId,
): Promise<SignInResult> {
	return until('the checks are over', async () => {
		const status = await app.forVisitor(VISITOR).signInStatus(session, signIn);
		if (status.status !== 'ready') return status;
		const isOver = Object.values(status.checks).every((check) => check.status !== 'running');
		return isOver ? status : undefined;
	});
}

async function readRow({ sql }: VaultWorld, id: number): Promise<TokenRow> {
	const [row] = await sql<TokenRow[]>`select * from stored_tokens where id = ${id}`;
	if (row === undefined) throw new Error(`no stored token ${id}`);
	return row;
}
