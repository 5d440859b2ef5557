// What the audit trail tells: who did what to which mailbox of which site, and when. Never a token or a key.

export const AUDIT_EVENTS = [
	'sign_in_started',
	'sign_in_failed',
	'confirm',
	'token_stored',
	/** All of a day with one site key. */
	'resolve',
	'refresh_failed',
	'check',
	'test_message',
	'token_revoked',
	'connect_link_made',
	'connect_link_cancelled',
	'connect_link_completed',
	'keys_rotated',
	'audit_pruned',
	'site_added',
	'site_changed',
	'site_disabled',
	'site_enabled',
	/** Also of one that did not end. */
	'site_removal_begun',
	'site_removed',
	'site_key_rotated',
	/** A notice by mail; and one that was not sent, with why. */
	'notice_sent',
	'notice_dropped',
	'webhook_delivered',
	'webhook_given_up',
	'webhook_secret_rotated',
	/** Somebody asked for what they may not have. */
	'refused',
] as const;

export type AuditEventName = (typeof AUDIT_EVENTS)[number];

export type AuditActor = 'visitor' | 'site' | 'operator' | 'helper';

export type AuditEvent = {
	event: AuditEventName;
	at: Date;
	actor: AuditActor;
	/** The Microsoft account, the site key's number, or the operator's user name. */
	actorName?: string | undefined;
	clientAddress?: string | undefined;
	siteId?: number | undefined;
	signInId?: string | undefined;
	storedTokenId?: number | undefined;
	mailbox?: string | undefined;
	/** A code of ours: the outcome, or why. */
	detail?: string | undefined;
};
