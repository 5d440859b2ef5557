// Approval by a Microsoft 365 administrator: the link to Microsoft's page for it, and what came back.

import type { ProblemReference } from './problem.ts';

/** What the link and the message to an administrator are made of. */
export type ApprovalRequest = {
	url: string;
	mailbox: string;
	site: string | undefined;
	/** What the operator calls this helper. */
	helper: string;
};

/** What Microsoft sent back to a link of ours. */
export type ApprovalAnswer = {
	mailDomain: string;
	adminConsent: string;
	error: string | undefined;
	description: string;
};

export type ApprovalLink = {
	/** Straight to Microsoft. */
	url: string;
	/** The same as a ready message to an administrator. */
	mail: { subject: string; text: string };
};

export type ApprovalReturn = {
	outcome: 'approved' | 'not_approved';
	title: string;
	explanation: string;
	next_step: string;
	reference?: ProblemReference;
};

/** How long a link can be answered: an administrator may need some days to come to it. */
export const APPROVAL_LIFETIME_MS = 7 * 24 * 60 * 60_000;

/** 128 random bits in base64url: 22 characters. */
const STATE_BYTES = 16;

export function makeApprovalState(
	randomBytes: (size: number) => { toString(encoding: 'base64url'): string },
): string {
	return randomBytes(STATE_BYTES).toString('base64url');
}

export function isApprovalState(text: string): boolean {
	return /^[A-Za-z0-9_-]{22}$/.test(text);
}
