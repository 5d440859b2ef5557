// The tables. Migrations in `drizzle/` are generated from this file by drizzle-kit.
// Nothing here is readable as a token: the columns `sealed…` hold what the vault sealed.

import { sql } from 'drizzle-orm';
import {
	bigint,
	boolean,
	check,
	index,
	integer,
	jsonb,
	pgTable,
	primaryKey,
	text,
	uniqueIndex,
} from 'drizzle-orm/pg-core';
import type {
	ProblemReference,
	SignInProblemCode,
	TokenProblemCode,
} from '../../../domain/problem.ts';
import type { ConfirmTries, StoredChecks, StoredTestMessage } from '../../../domain/mail-check.ts';
import { MAIL_PROTOCOLS } from '../../../domain/mail-protocol.ts';
import type { RevokedReason } from '../../../domain/stored-token.ts';
import { LANGUAGES } from '../../../domain/language.ts';
import { bytea } from '../driver/bytea.ts';
import { instant, rowId } from './columns.ts';
import { connectLinks } from './connect-links.ts';

/** An application site that the operator registered. */
export const sites = pgTable('sites', {
	id: rowId(),
	url: text('url').notNull().unique(),
	name: text('name').notNull(),
	anyMailbox: boolean('any_mailbox').notNull(),
	/** What it uses: only these rights are asked for at Microsoft. */
	protocols: text('protocols', { enum: MAIL_PROTOCOLS })
		.array()
		.notNull()
		.default([...MAIL_PROTOCOLS]),
	/** URLs of the servers that its owners are told to enter, where they are not Microsoft's. */
	imapServer: text('imap_server'),
	popServer: text('pop_server'),
	smtpServer: text('smtp_server'),
	supportUrl: text('support_url'),
	advice: text('advice'),
	/** Where its events are posted to. */
	webhookUrl: text('webhook_url'),
	/** When the receiver answered that it is gone for good: nothing is posted until the operator says so. */
	webhookGoneAt: instant('webhook_gone_at'),
	/** Whether those who signed in are written to. */
	ownerMail: boolean('owner_mail').notNull().default(true),
	/** Who is written to in their place. */
	noticesTo: text('notices_to'),
	/** Sign-ins begin by its own links alone. */
	requiresLink: boolean('requires_link').notNull().default(false),
	createdAt: instant('created_at').notNull(),
	disabledAt: instant('disabled_at'),
});

/** Apart from the sites, so that no look-up of a site reads the picture. */
export const siteLogos = pgTable(
	'site_logos',
	{
		siteId: bigint('site_id', { mode: 'number' })
			.primaryKey()
			.references(() => sites.id),
		contentType: text('content_type').notNull(),
		bytes: bytea('bytes').notNull(),
		/** SHA-256 in base64url. A logo is asked for by it, so that nobody can go through the logos of all sites. */
		digest: text('digest').notNull(),
	},
	(table) => [index('site_logos_digest').on(table.digest)],
);

/** A site takes mailboxes of exactly these domains. */
export const siteMailDomains = pgTable(
	'site_mail_domains',
	{
		siteId: bigint('site_id', { mode: 'number' })
			.notNull()
			.references(() => sites.id),
		domain: text('domain').notNull(),
	},
	(table) => [primaryKey({ columns: [table.siteId, table.domain] })],
);

/** A site takes accounts of these Microsoft Entra tenants. */
export const siteTenants = pgTable(
	'site_tenants',
	{
		siteId: bigint('site_id', { mode: 'number' })
			.notNull()
			.references(() => sites.id),
		tenantId: text('tenant_id').notNull(),
	},
	(table) => [primaryKey({ columns: [table.siteId, table.tenantId] })],
);

/** Only the SHA-256 of a site key is kept; the key itself has 256 random bits and is shown once. */
export const siteKeys = pgTable('site_keys', {
	id: rowId(),
	siteId: bigint('site_id', { mode: 'number' })
		.notNull()
		.references(() => sites.id),
	keySha256: bytea('key_sha256').notNull().unique(),
	createdAt: instant('created_at').notNull(),
	/** Set at a rotation: until then the old key works beside the new one. */
	expiresAt: instant('expires_at'),
	lastUsedAt: instant('last_used_at'),
});

/** Which tenant owns a mail domain, as Microsoft's public metadata said. Only answers are kept. */
export const mailDomainTenants = pgTable('mail_domain_tenants', {
	domain: text('domain').primaryKey(),
	tenantId: text('tenant_id').notNull(),
	lookedUpAt: instant('looked_up_at').notNull(),
});

/** Lucia's user: anonymous at the start, known by `tid` and `oid` after the sign-in. */
export const visitors = pgTable(
	'visitors',
	{
		id: text('id').primaryKey(),
		tenantId: text('tenant_id'),
		objectId: text('object_id'),
		createdAt: instant('created_at').notNull(),
	},
	(table) => [
		uniqueIndex('visitors_tenant_object').on(table.tenantId, table.objectId),
		// Those that are forgotten after a day.
		index('visitors_anonymous')
			.on(table.createdAt)
			.where(sql`${table.tenantId} is null`),
	],
);

/** Lucia's session. The id is the SHA-256 of what the cookie holds. */
export const sessions = pgTable(
	'sessions',
	{
		id: text('id').primaryKey(),
		userId: text('user_id')
			.notNull()
			.references(() => visitors.id, { onDelete: 'cascade' }),
		expiresAt: instant('expires_at').notNull(),
		/** Set when the browser got a new session after a sign-in, and which: from then on this one only reads. */
		replacedAt: instant('replaced_at'),
		replacedBy: text('replaced_by'),
	},
	(table) => [
		index('sessions_user').on(table.userId),
		index('sessions_replaced_by').on(table.replacedBy),
		index('sessions_expires_at').on(table.expiresAt),
	],
);

/** What the id of a stored token names: a mailbox's token set for one site, by one Microsoft account. */
export const storedTokens = pgTable(
	'stored_tokens',
	{
		/** The identifier's number, drawn at random (`token-number.ts`): it says nothing of the order. */
		id: bigint('id', { mode: 'number' }).primaryKey(),
		siteId: bigint('site_id', { mode: 'number' })
			.notNull()
			.references(() => sites.id),
		mailbox: text('mailbox').notNull(),
		tenantId: text('tenant_id').notNull(),
		objectId: text('object_id').notNull(),
		signedInAs: text('signed_in_as').notNull(),
		state: text('state', { enum: ['active', 'degraded', 'sign_in_required', 'revoked'] }).notNull(),
		/** Raised by each write of the token set, so that a slow writer cannot overwrite a newer one. */
		version: integer('version').notNull(),
		scopes: text('scopes').array().notNull(),
		/** Whose rights the last sign-in asked for. Null on rows from before sites could use less than all. */
		requestedProtocols: text('requested_protocols', { enum: MAIL_PROTOCOLS }).array(),
		sealedRefreshToken: text('sealed_refresh_token'),
		sealedAccessToken: text('sealed_access_token'),
		accessTokenExpiresAt: instant('access_token_expires_at'),
		createdAt: instant('created_at').notNull(),
		lastRefreshedAt: instant('last_refreshed_at').notNull(),
		/** When somebody last began to refresh it; a sign-in clears this, as it is no refresh. */
		refreshStartedAt: instant('refresh_started_at'),
		/** Who refreshes it now, and until when nobody else may. */
		leaseOwner: text('lease_owner'),
		leaseUntil: instant('lease_until'),
		/** After a failure: no try before then. */
		retryAt: instant('retry_at'),
		/** Failed tries in a row; they decide how long the next wait is. */
		failures: integer('failures').notNull().default(0),
		/** Microsoft said once that a person must sign in; a second answer like that settles it. */
		refusedAt: instant('refused_at'),
		problemCode: text('problem_code').$type<TokenProblemCode>(),
		problemReference: jsonb('problem_reference').$type<ProblemReference>(),
		/** Since when refreshes fail in a row, and when the site was told. */
		failingSince: instant('failing_since'),
		degradedReportedAt: instant('degraded_reported_at'),
		/** The days before its end at which the site was last told of it. */
		lapseReportedDays: integer('lapse_reported_days'),
		lastResolvedAt: instant('last_resolved_at'),
		/** When somebody last signed in for it: if its site never resolves it, its days are counted from here. */
		signedInAt: instant('signed_in_at').notNull().defaultNow(),
		/** When the keep-alive looks at it next. It alone moves this on, so that a resolve's refresh need not. */
		keepAliveAt: instant('keep_alive_at').notNull().defaultNow(),
		/** When the mailbox is logged in to next, to see whether it works; moved on before each look. */
		recheckAt: instant('recheck_at').notNull().defaultNow(),
		/** In which the person who signed in reads. */
		language: text('language', { enum: LANGUAGES }).notNull().default('en'),
		/** Whose name SMTP takes, where it is not the mailbox's. */
		smtpUser: text('smtp_user'),
		revokedAt: instant('revoked_at'),
		revokedReason: text('revoked_reason').$type<RevokedReason>(),
	},
	(table) => [
		uniqueIndex('stored_tokens_one_per_account')
			.on(table.siteId, table.mailbox, table.tenantId, table.objectId)
			.where(sql`${table.state} <> 'revoked'`),
		index('stored_tokens_keep_alive')
			.on(table.keepAliveAt)
			.where(sql`${table.state} in ('active', 'degraded')`),
		index('stored_tokens_recheck')
			.on(table.recheckAt)
			.where(sql`${table.state} = 'active'`),
		// For those that were never resolved. When one was resolved last is in no index: it is written again and again, and
		// only a row whose indexes stay as they are is written in place.
		index('stored_tokens_signed_in')
			.on(table.signedInAt)
			.where(sql`${table.state} <> 'revoked'`),
		// The pages of lists: of a site, and of all.
		index('stored_tokens_created').on(table.createdAt, table.id),
		index('stored_tokens_failing')
			.on(table.failingSince)
			.where(sql`${table.failingSince} is not null`),
		index('stored_tokens_site_created').on(table.siteId, table.createdAt, table.id),
		// What JSON and JavaScript carry exactly.
		check('stored_tokens_id_range', sql`${table.id} between 1 and 9007199254740991`),
	],
);

/** Numbers of stored tokens that went with their site: an identifier never comes back. */
export const retiredTokenNumbers = pgTable('retired_token_numbers', {
	number: bigint('number', { mode: 'number' }).primaryKey(),
});

/** The trip to Microsoft and back. */
export const signIns = pgTable(
	'sign_ins',
	{
		id: text('id').primaryKey(),
		siteId: bigint('site_id', { mode: 'number' })
			.notNull()
			.references(() => sites.id),
		mailbox: text('mailbox').notNull(),
		/** As typed, for the field and the login hint. */
		enteredEmail: text('entered_email').notNull(),
		nonce: text('nonce').notNull(),
		language: text('language', { enum: LANGUAGES }).notNull().default('en'),
		/** Whose rights are asked for: the site may use others by the time of the return. */
		protocols: text('protocols', { enum: MAIL_PROTOCOLS })
			.array()
			.notNull()
			.default([...MAIL_PROTOCOLS]),
		state: text('state', {
			enum: ['started', 'exchanging', 'confirm', 'returning', 'ready', 'failed'],
		}).notNull(),
		/** The session that owns it now, and the one that did before: at first the one that began it. */
		sessionId: text('session_id').notNull(),
		begunSessionId: text('begun_session_id').notNull(),
		createdAt: instant('created_at').notNull(),
		exchangingSince: instant('exchanging_since'),
		signedInAs: text('signed_in_as'),
		storedTokenId: bigint('stored_token_id', { mode: 'number' }).references(() => storedTokens.id),
		problemCode: text('problem_code').$type<SignInProblemCode>(),
		problemReference: jsonb('problem_reference').$type<ProblemReference>(),
		/** The Microsoft account that signed in, once it is known. */
		tenantId: text('tenant_id'),
		objectId: text('object_id'),
		/** By which link it was begun: a site's own, or the one that renews a stored token. */
		connectLinkId: text('connect_link_id').references(() => connectLinks.id, {
			onDelete: 'set null',
		}),
		renewsTokenId: bigint('renews_token_id', { mode: 'number' }),
		/** At `confirm` and `returning` alone: the token set that waits there. */
		scopes: text('scopes').array(),
		sealedRefreshToken: text('sealed_refresh_token'),
		sealedAccessToken: text('sealed_access_token'),
		accessTokenExpiresAt: instant('access_token_expires_at'),
		tokensReceivedAt: instant('tokens_received_at'),
		/** Since when the mailbox is being tried at `confirm`, and what came of it. */
		tryingSince: instant('trying_since'),
		tries: jsonb('tries').$type<ConfirmTries>(),
		/** Since when it waits for the site to present the code that the browser brings. */
		returningSince: instant('returning_since'),
		/** At `returning`: whose name SMTP took, where it is not the mailbox's. */
		smtpUser: text('smtp_user'),
		/** From `returning` on. */
		checks: jsonb('checks').$type<StoredChecks>(),
		testMessage: jsonb('test_message').$type<StoredTestMessage>(),
	},
	(table) => [
		index('sign_ins_session').on(table.sessionId, table.createdAt),
		index('sign_ins_begun_session').on(table.begunSessionId),
		index('sign_ins_created_at').on(table.createdAt),
		index('sign_ins_connect_link')
			.on(table.connectLinkId)
			.where(sql`${table.connectLinkId} is not null`),
		// Each stored token that is deleted is looked for here.
		index('sign_ins_stored_token')
			.on(table.storedTokenId)
			.where(sql`${table.storedTokenId} is not null`),
	],
);

/** Links by which an administrator approves for an organisation. The state in one grants nothing. */
export const approvals = pgTable(
	'approvals',
	{
		state: text('state').primaryKey(),
		mailDomain: text('mail_domain').notNull(),
		createdAt: instant('created_at').notNull(),
	},
	(table) => [index('approvals_created_at').on(table.createdAt)],
);
