// Many stored tokens at once, without a sign-in each, and a Microsoft in memory that knows what it gave: quick enough
// for years of refreshes, and strict where the practice Microsoft is as kind as Entra, as only the newest token counts.

import { randomInt } from 'node:crypto';
import type { Sql } from 'postgres';
import { makeTokenNumber } from '../../src/lib/server/tokens/token-number.ts';
import { parseKeyRing } from '../../src/lib/server/vault/key-ring.ts';
import { createVault, storedTokenPlace } from '../../src/lib/server/vault/vault.ts';

export type ManyTokens = { siteId: number; ids: readonly number[] };

/** Tokens `rt-<id>-0` of mailboxes `box-<n>@mycompany.com`, signed in for at `at`. */
export async function insertTokens(
	sql: Sql,
	of: {
		siteId: number;
		count: number;
		tokenKeys: string;
		at: Date;
		lifeSeconds?: number;
		/** Bytes that are added to each, to be as long as Microsoft’s. */
		filler?: { refresh: number; access: number };
	},
): Promise<ManyTokens> {
	const keys = parseKeyRing(of.tokenKeys);
	if (typeof keys === 'string') throw new Error(keys);
	const vault = createVault(keys);
	const ids = Array.from({ length: of.count }, () => makeTokenNumber(randomInt));
	const at = of.at.toISOString();
	const { refresh = 0, access = 0 } = of.filler ?? {};
	const expiresAt = new Date(of.at.getTime() + (of.lifeSeconds ?? 3600) * 1000).toISOString();
	for (let from = 0; from < ids.length; from += 1000) {
		const rows = ids.slice(from, from + 1000).map((id) => {
			const token = { id, siteId: of.siteId, mailbox: `box-${id}@mycompany.com` };
			return {
				id,
				mailbox: token.mailbox,
				refresh: vault.seal(
					`rt-${id}-0${'r'.repeat(refresh)}`,
					storedTokenPlace('sealed_refresh_token', token),
				),
				access: vault.seal(
					`at-${id}-0${'a'.repeat(access)}`,
					storedTokenPlace('sealed_access_token', token),
				),
			};
		});
		await sql`
			insert into stored_tokens (id, site_id, mailbox, tenant_id, object_id, signed_in_as, state, version,
				scopes, sealed_refresh_token, sealed_access_token, access_token_expires_at, created_at,
				signed_in_at, last_refreshed_at, keep_alive_at)
			select id, ${of.siteId}, mailbox, 'tenant', 'object-' || id, mailbox, 'active', 1,
				array['https://outlook.office.com/IMAP.AccessAsUser.All'], refresh, access,
				${expiresAt}::timestamptz, ${at}::timestamptz, ${at}::timestamptz, ${at}::timestamptz, ${at}::timestamptz
			from jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb)
				as row (id bigint, mailbox text, refresh text, access text)`;
	}
	return { siteId: of.siteId, ids };
}

export type Refresh = { id: number; at: number };

export type StrictMicrosoft = {
	fetch: typeof fetch;
	refreshes: Refresh[];
	/** Refreshes that came while another of the same token was under way, or with a token that is not its newest. */
	faults: string[];
	/** What it says in place of a token, for all or for one. */
	answerWith(answer: ((id: number) => Response | undefined) | undefined): void;
};

export function createStrictMicrosoft(now: () => Date, delayMs = 0): StrictMicrosoft {
	const newest = new Map<number, number>();
	const underWay = new Set<number>();
	const refreshes: Refresh[] = [];
	const faults: string[] = [];
	let other: ((id: number) => Response | undefined) | undefined;

	async function answer(sent: string): Promise<Response> {
		const [, idText, generationText] = /^rt-([0-9]+)-([0-9]+)$/.exec(sent) ?? [];
		const [id, generation] = [Number(idText), Number(generationText)];
		if (underWay.has(id)) faults.push(`two refreshes of ${id} at the same time`);
		if (generation !== (newest.get(id) ?? 0)) faults.push(`${sent} is not the newest of ${id}`);
		underWay.add(id);
		await new Promise((resolve) =>
			delayMs > 0 ? setTimeout(resolve, delayMs) : setImmediate(resolve),
		);
		underWay.delete(id);
		refreshes.push({ id, at: now().getTime() });
		const instead = other?.(id);
		if (instead !== undefined) return instead;
		newest.set(id, generation + 1);
		return Response.json({
			token_type: 'Bearer',
			expires_in: 3600,
			access_token: `at-${id}-${generation + 1}`,
			refresh_token: `rt-${id}-${generation + 1}`,
		});
	}

	return {
		fetch: (_input, init) => {
			const form = new URLSearchParams(init?.body as URLSearchParams);
			return answer(form.get('refresh_token') ?? '');
		},
		refreshes,
		faults,
		answerWith: (answer) => void (other = answer),
	};
}
